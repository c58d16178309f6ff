#!/usr/bin/env bash
# Installs what servers need on Debian and its kin: all of them, or those that are
# named. The server.yaml of each names its packages; only those whose programs and
# files are missing are installed. Services that the packages bring are stopped.
#
#   scripts/install-servers.sh                  everything for all servers
#   scripts/install-servers.sh nginx puma       what these two need
#   scripts/install-servers.sh --list [NAME...] what would be installed, and for whom
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/apt.sh
. "$root/scripts/apt.sh"

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

list=false
names=()
for argument in "$@"; do
	case $argument in
	--list) list=true ;;
	-h | --help) usage; exit 0 ;;
	-*) echo "install-servers: unknown flag $argument" >&2; usage >&2; exit 2 ;;
	*) names+=("$argument") ;;
	esac
done

if ! command -v go >/dev/null; then
	echo "install-servers: the go command is not on PATH; joust, which reads the manifests, is built with it: https://go.dev/dl" >&2
	exit 1
fi
joust=$(mktemp)
trap 'rm -f "$joust"' EXIT
(cd "$root" && go build -o "$joust" .)
needs=$(cd "$root" && "$joust" servers needs ${names[@]+"${names[@]}"})
rm -f "$joust"
if [ -z "$needs" ]; then
	echo "install-servers: nothing is missing"
	exit 0
fi
echo "$needs"
if $list; then
	exit 0
fi
read -ra packages <<<"$(awk '{ printf "%s ", $1 }' <<<"$needs")"
install_packages install-servers "${packages[@]}"
