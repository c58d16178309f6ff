# shellcheck shell=bash
# Sourced by the install scripts: installing Debian packages without starting the
# services that they bring.

# install_packages WHAT PACKAGE... installs packages; WHAT begins its messages.
install_packages() {
	local what=$1
	shift
	if ! command -v apt-get >/dev/null; then
		echo "$what: $* (Debian's names) are missing, and there is no apt-get here;" \
			"install them with this system's package manager" >&2
		return 1
	fi
	as_root=()
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null; then
			echo "$what: installing $* needs root; run as root: apt-get install $*" >&2
			return 1
		fi
		as_root=(sudo)
	fi

	# A package starts its service after the installation, often on port 80, unless
	# this policy forbids it. Where there is a policy already, it stands.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap '"${as_root[@]}" rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
		"${as_root[@]}" chmod 755 "$policy"
	fi

	local before after service
	before=$(services)
	echo "$what: installing $*"
	"${as_root[@]}" apt-get update -q
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "$@"
	after=$(services)

	# joust starts its own servers; the services are to run neither now nor after boot.
	for service in $(comm -13 <(echo "$before") <(echo "$after")); do
		echo "$what: stopping and disabling the service $service"
		if [ -d /run/systemd/system ]; then
			"${as_root[@]}" systemctl disable --now "$service" || true
		else
			"${as_root[@]}" service "$service" stop || true
			"${as_root[@]}" update-rc.d "$service" disable || true
		fi
	done
}

# services lists the system's services in order.
services() {
	local file
	for file in /etc/init.d/* /lib/systemd/system/*.service; do
		file=${file##*/}
		case $file in *@.service | '*' | '*.service') continue ;; esac
		echo "${file%.service}"
	done | LC_ALL=C sort -u
}
