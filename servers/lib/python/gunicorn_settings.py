"""The settings of gunicorn for every application that runs under it."""

loglevel = "warning"  # no access log either: that is the default
backlog = 4096
keepalive = 75  # seconds; the default of 2 s is meant for gunicorn behind nginx
graceful_timeout = 1  # seconds for requests in flight after SIGTERM
