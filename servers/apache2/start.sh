#!/bin/sh
# Starts Apache with the configuration $1 and, over all its processes, $2 threads.
# Apache refuses to serve as root, and no one but root may enter the run's folders:
# started as root, it runs as "nobody" with the one capability of root that reads them.
set -eu
export WORKERS="$(($2))"
if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=65534 --regid=65534 --clear-groups \
        --inh-caps=+dac_override --ambient-caps=+dac_override \
        apache2 -D FOREGROUND -f "$1"
fi
exec apache2 -D FOREGROUND -f "$1"
