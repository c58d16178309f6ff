#!/bin/sh
# build.sh FOLDER [PATH...] compiles the table of routes and the server of the folder
# into ./ebin. The paths, patterns too, hold the libraries that the server uses.
set -eu
folder=$1
shift
mkdir ebin
libraries=
for pattern; do
	for path in $pattern; do libraries="$libraries -pa $path"; done
done
# shellcheck disable=SC2086 # the list is made of words
erlc -W -o ebin $libraries "$(dirname "$0")"/*.erl "$folder"/*.erl
