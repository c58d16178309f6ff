#!/usr/bin/env bash
# Measures loads of many thinking users: throughput against the law N ÷ (T + S), how
# exactly think times are kept, and the peak memory of the whole loader process. The bars
# are 1 ms at p99 and 300 MB with 100 000 users. Usage: scripts/users_bench.sh [seconds]
#
# nginx has the first CPU and joust the second.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

seconds=${1:-20}
server_cpu=${SERVER_CPU:-0}
loader_cpu=${LOADER_CPU:-1}
connections=${CONNECTIONS:-256}
joust=${JOUST:-bin/joust}

command -v nginx >/dev/null || { echo "users_bench: nginx is missing: scripts/install-test-tools.sh installs it" >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "users_bench: two CPUs are needed, one for the server and one for the loader" >&2; exit 1; }
[ -x "$joust" ] || { echo "users_bench: $joust is missing: make build" >&2; exit 1; }

dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$dir/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $dir/pid;
error_log $dir/error.log;
user $(id -un);
events { worker_connections 4096; }
http {
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 1h;
	server {
		listen 127.0.0.1:$port;
		location = / { return 200 "alive\r\n"; }
	}
}
CONF
taskset -c "$server_cpu" nginx -p "$dir" -c "$dir/nginx.conf" 2>/dev/null &
server=$!
url=http://127.0.0.1:$port/
for _ in $(seq 100); do curl -fs -o /dev/null "$url" && break; sleep 0.05; done

# measure USERS THINK ENGINE: prints one row.
measure() {
	python3 - "$@" "$joust" "$url" "$seconds" "$connections" "$loader_cpu" <<'PY'
import json, os, resource, subprocess, sys
users, think, engine, joust, url, seconds, connections, cpu = sys.argv[1:]
command = ["taskset", "-c", cpu, joust, "load", url, "--users", users, "--think", think + "s±50%", "-c", connections, "-t", "1",
           "--engine", engine, "-d", seconds + "s", "--warmup", think + "s", "--format", "json", "--anyway"]
run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
d = json.loads(run.stdout)
p = [p for p in d["report"]["phases"] if p["measured"]][0]
n, t, s = int(users), float(think), d["latency"]["mean_ns"] / 1e9
lag = d["distributions"].get("send_lag_idle")  # absent where no connection was ever idle
over = [lag["percentiles_ns"]["p50"], lag["percentiles_ns"]["p99"], lag["max_ns"]] if lag else [float("nan")] * 3
cost = sum(t["cpu_ns"] for t in p["threads"]) / p["total"]["completed"] / 1e3
per = p["requests_per_user"]
print("| %s | %s | %s s | %.0f | %.3f | %.2f | %.0f | %.0f | %.0f | %.2f | %.0f |" % (
    engine, users, think, d["throughput_rps"], d["throughput_rps"] / (n / (t + s)), per["mean"],
    over[0] / 1e3, over[1] / 1e3, over[2] / 1e3, cost, peak))
PY
}

echo "server on CPU $server_cpu, loader on CPU $loader_cpu, $connections connections, ${seconds} s each; $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
echo
echo "| engine | users | think time | req/s | ÷ N/(T+S) | requests a user | overrun p50 µs | p99 µs | max µs | CPU µs/req | peak MB |"
echo "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
for engine in ${ENGINES:-evloop portable}; do
	measure 1000 1 "$engine"
	measure 10000 2 "$engine"
	measure 100000 10 "$engine"
done
