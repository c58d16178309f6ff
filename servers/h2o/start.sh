#!/bin/sh
# Starts H2O with the configuration $1. H2O started as root becomes "nobody", who
# could not read the run's folders, unless the configuration names a user; no one else
# may name one.
set -eu
if [ "$(id -u)" = 0 ]; then
    echo 'user: root' >>"$1"
fi
exec h2o -m worker -c "$1"
