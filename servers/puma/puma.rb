# frozen_string_literal: true

# Puma as in production: a worker a CPU, and its usual five threads in each.

environment "production"
bind "tcp://#{ENV.fetch("JOUST_ADDR")}?backlog=4096"
cpus = Integer(ENV.fetch("JOUST_CPUS"))
workers(cpus > 1 ? cpus : 0) # 0: one process without a parent
preload_app! if cpus > 1
threads 5, 5
# Seconds for an idle connection; the default is 20.
persistent_timeout 75
raise_exception_on_sigterm false # ends with status 0
