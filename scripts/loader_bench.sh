#!/usr/bin/env bash
# Compares joust's loader with wrk (and ab) on the same server: throughput, and CPU
# time per request (per GB for uploads) by each process's own accounting. Runs
# alternate; figures are medians. Usage: scripts/loader_bench.sh [pairs] [seconds]
#
# One core each: the server on the first CPU, the loader on the second. joust
# sleeps between answers as the others do (IDLE=wait); joust agree --idle shows the
# effect of a loader that polls on servers.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

pairs=${1:-7}
seconds=${2:-3}
server_cpu=${SERVER_CPU:-0}
loader_cpu=${LOADER_CPU:-1}
only=${ONLY:-}
idle=${IDLE:-wait}

for tool in wrk nginx openssl; do
	command -v "$tool" >/dev/null || { echo "loader_bench: $tool is missing: scripts/install-test-tools.sh installs it" >&2; exit 1; }
done
[ "$(nproc)" -ge 2 ] || { echo "loader_bench: two CPUs are needed, one for the server and one for the loader" >&2; exit 1; }
[ -x bin/joust ] || { echo "loader_bench: bin/joust is missing: make build" >&2; exit 1; }

dir=$(mktemp -d)
servers=()
stop() {
	for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap stop EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# One nginx for the rows that it can answer, plain and over TLS.
plain=$(port)
tls=$(port)
body() { head -c "$1" /dev/zero | tr '\0' x; }
body 16384 >"$dir/16k"
body 65536 >"$dir/64k"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
cat >"$dir/nginx.conf" <<EOF
worker_processes 1;
daemon off;
pid $dir/pid;
error_log $dir/error.log;
user $(id -un);
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
	access_log off;
	keepalive_requests 1000000000;
	sendfile on;
	open_file_cache max=10;
	default_type text/plain;
	root $dir;
	server {
		listen 127.0.0.1:$plain backlog=16384;
		listen 127.0.0.1:$tls ssl;
		ssl_certificate $dir/cert.pem;
		ssl_certificate_key $dir/key.pem;
		location = / { return 200 "alive\r\n"; }
	}
}
EOF
taskset -c "$server_cpu" nginx -p "$dir" -c "$dir/nginx.conf" 2>/dev/null &
servers+=($!)

# Go fixtures: fasthttp counts uploads, which a stock nginx cannot, and answers
# pipelined requests in one write; net/http is the slow server that most people
# have.
fasthttp=$(port)
nethttp=$(port)
(cd servers && CGO_ENABLED=0 go build -o "$dir/" ./fasthttp ./nethttp)
taskset -c "$server_cpu" "$dir/fasthttp" --addr "127.0.0.1:$fasthttp" &
servers+=($!)
taskset -c "$server_cpu" "$dir/nethttp" --addr "127.0.0.1:$nethttp" &
servers+=($!)

answers() { for _ in $(seq 100); do curl -fsk -o /dev/null "$1" && return; sleep 0.05; done; echo "loader_bench: no answer from $1" >&2; exit 1; }
answers "http://127.0.0.1:$plain/"
answers "http://127.0.0.1:$fasthttp/"
answers "http://127.0.0.1:$nethttp/"

# wrk's scripts for requests that its command line cannot express.
cat >"$dir/pipeline.lua" <<'EOF'
init = function(args)
	local r = {}
	for i = 1, 16 do r[i] = wrk.format(nil, "/") end
	req = table.concat(r)
end
request = function() return req end
EOF
cat >"$dir/upload.lua" <<'EOF'
wrk.method = "POST"
wrk.body = string.rep("0123456789abcdefghijklmnopqrstuvwxyz", 582543):sub(1, 20971520)
EOF
python3 - "$dir/body" <<'EOF'
import sys
open(sys.argv[1], "w").write(("0123456789abcdefghijklmnopqrstuvwxyz" * 582543)[:20971520])
EOF

# measure COMMAND...: runs it on the loader's CPU; prints its throughput in
# req/s, all requests that it made, and its CPU seconds, user and system. joust's
# window leaves the lead-in out of the throughput, but not out of the CPU time.
TIMEFORMAT='%U %S'
measure() {
	local requests cpu
	{ time taskset -c "$loader_cpu" "$@" >"$dir/out" 2>"$dir/err"; } 2>"$dir/time" || { cat "$dir/err" >&2; return 1; }
	cpu=$(awk '{ print $1 + $2 }' "$dir/time")
	case "$1" in
	*joust) requests=$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["throughput_rps"], sum(p["completed_before"] + p["total"]["completed"] + p["completed_after"] for p in d["report"]["phases"]))' "$dir/out") ;;
	wrk) requests=$(awk '/requests in/ { n = $1; t = $4; sub(/,/, "", t); if (t ~ /m$/) { sub(/m/, "", t); t *= 60 } else sub(/s/, "", t) } END { print n / t, n }' "$dir/out") ;;
	ab) requests=$(awk '/Complete requests/ { n = $3 } /Time taken/ { t = $5 } END { print n / t, n }' "$dir/out") ;;
	esac
	echo "$requests $cpu"
}

# row NAME -- JOUST... -- OTHER...: alternates both and prints one line.
row() {
	local name=$1
	shift 2
	if [ -n "$only" ] && [[ ! $name =~ $only ]]; then return; fi
	local ours=() theirs=()
	while [ "$1" != -- ]; do ours+=("$1"); shift; done
	shift
	theirs=("$@")
	: >"$dir/rows"
	for _ in $(seq "$pairs"); do
		echo "$(measure "${ours[@]}") $(measure "${theirs[@]}")" >>"$dir/rows"
	done
	awk -v name="$name" -v other="${theirs[0]}" '
		function median(a, n, i, j, t) {
			for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j - 1] > a[j]; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
			return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
		}
		{ jx[NR] = $1; wx[NR] = $4; x[NR] = $1 / $4
		  jc[NR] = $3 / $2 * 1e6; wc[NR] = $6 / $5 * 1e6; c[NR] = jc[NR] / wc[NR] }
		END { printf "| %s | %s | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f |\n", name, other,
			median(jx, NR), median(wx, NR), median(x, NR), median(jc, NR), median(wc, NR), median(c, NR) }' "$dir/rows"
}

d=${seconds}s
joust=(bin/joust load --format json --threshold 'errors<1' --idle "$idle" -t 1 --warmup 0s -d "$d")
echo "server on CPU $server_cpu, loader on CPU $loader_cpu; $pairs pairs of ${seconds} s, medians; $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), kernel $(uname -r), $(wrk -v 2>&1 | head -1 | cut -d' ' -f1-2), $(nginx -v 2>&1 | cut -d/ -f2)"
echo
echo "| case | beside | joust req/s | other req/s | ratio | joust CPU µs/req | other CPU µs/req | ratio |"
echo "|---|---|---:|---:|---:|---:|---:|---:|"
u=http://127.0.0.1:$plain
for c in 1 50 500; do
	row "hello, $c connections" -- "${joust[@]}" -c "$c" "$u/" -- wrk -t 1 -c "$c" -d "$d" "$u/"
done
f=http://127.0.0.1:$fasthttp
n=http://127.0.0.1:$nethttp
row "hello, 64 connections, net/http" -- "${joust[@]}" -c 64 "$n/" -- wrk -t 1 -c 64 -d "$d" "$n/"
row "pipelined 16, 64 connections" -- "${joust[@]}" -c 64 --depth 16 "$u/" -- wrk -t 1 -c 64 -d "$d" -s "$dir/pipeline.lua" "$u/"
row "pipelined 16, 64 connections, fasthttp" -- "${joust[@]}" -c 64 --depth 16 "$f/" -- wrk -t 1 -c 64 -d "$d" -s "$dir/pipeline.lua" "$f/"
row "16 KiB answers, 64 connections" -- "${joust[@]}" -c 64 "$u/16k" -- wrk -t 1 -c 64 -d "$d" "$u/16k"
row "64 KiB answers, 64 connections" -- "${joust[@]}" -c 64 "$u/64k" -- wrk -t 1 -c 64 -d "$d" "$u/64k"
row "20 MiB uploads, 8 connections" -- "${joust[@]}" -c 8 -m POST --body-file "$dir/body" "$f/upload" -- wrk -t 1 -c 8 -d "$d" -s "$dir/upload.lua" "$f/upload"
row "HTTPS hello, 64 connections" -- "${joust[@]}" -c 64 --ca "$dir/cert.pem" "https://127.0.0.1:$tls/" -- wrk -t 1 -c 64 -d "$d" "https://127.0.0.1:$tls/"
row "hello, 10 000 connections" -- "${joust[@]}" -c 10000 "$u/" -- wrk -t 1 -c 10000 -d "$d" "$u/"
if command -v ab >/dev/null; then
	row "hello, 64 connections" -- "${joust[@]}" -c 64 "$u/" -- ab -q -k -c 64 -t "$seconds" -n 100000000 "$u/"
fi
