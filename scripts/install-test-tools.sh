#!/usr/bin/env bash
# Installs the programs that the tests start or compare with, on Debian and its
# kin, and only those that are missing. Nothing of it is needed to build or run
# joust, except for the servers that are programs themselves (nginx, node,
# python).
set -euo pipefail
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# program:package
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
)

missing=()
for tool in "${tools[@]}"; do
	command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -eq 0 ]; then
	echo "test tools: all present"
	exit 0
fi

if ! command -v apt-get >/dev/null; then
	echo "test tools: ${missing[*]} (Debian's names) are missing, and there is no apt-get here;" \
		"install them with this system's package manager" >&2
	exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "test tools: installing ${missing[*]} needs root; run as root: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi

# nginx's package starts it after installation, on port 80, unless this policy
# forbids it. Where there is a policy already, it stands.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '"${as_root[@]}" rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
	"${as_root[@]}" chmod 755 "$policy"
fi

echo "test tools: installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends "${missing[@]}"

# joust starts its own nginx; the service is to run neither now nor after boot.
if [[ " ${missing[*]} " == *" nginx-light "* ]]; then
	if [ -d /run/systemd/system ]; then
		"${as_root[@]}" systemctl disable --now nginx
	else
		"${as_root[@]}" service nginx stop || true
	fi
fi
