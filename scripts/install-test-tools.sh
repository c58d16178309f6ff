#!/usr/bin/env bash
# Installs the programs that the tests start or compare with, on Debian and its
# kin, and only those that are missing. Nothing of it is needed to build or run
# joust, except for the servers that are programs themselves (nginx, node,
# python).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/apt.sh
. "$root/scripts/apt.sh"
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# program:package, or file:package of what is no program
tools=(
	wrk:wrk
	ab:apache2-utils
	h2load:nghttp2-client
	nginx:nginx-light
	node:nodejs
	python3:python3
	java:default-jdk-headless
	strace:strace
	shellcheck:shellcheck
	prometheus-pushgateway:prometheus-pushgateway
	promtool:prometheus
	sqlite3:sqlite3
	/usr/share/java/hdrhistogram.jar:libhdrhistogram-java
	/usr/lib/python3/dist-packages/junitparser:python3-junitparser
)

missing=()
for tool in "${tools[@]}"; do
	command -v "${tool%%:*}" >/dev/null || [ -e "${tool%%:*}" ] || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "test tools: all present"
else
	install_packages "test tools" "${missing[@]}"
fi

# One server of each language that is light to install; the test of the field in
# harness/launch requires them where JOUST_REQUIRE=all.
mapfile -t light < <(grep -v '^#' "$root/scripts/light-servers")
"$root/scripts/install-servers.sh" "${light[@]}"
