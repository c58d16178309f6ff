#!/bin/sh
# Starts PHP-FPM and nginx and ends both on SIGTERM:
# serve.sh CPUs folder-of-the-data folder-with-the-configuration
set -eu
# Four processes a CPU: a request may wait for a body or a timer.
JOUST_CHILDREN=$((4 * $1))
JOUST_DATA=$2
JOUST_ITEMS=$3/items.php
export JOUST_CHILDREN JOUST_DATA JOUST_ITEMS
source=$(dirname "$0")/../lib/php
php "$source/items.php" "$JOUST_DATA/items.json" "$JOUST_ITEMS"

for fpm in /usr/sbin/php-fpm*; do :; done # the newest
# --allow-to-run-as-root changes nothing for other users.
"$fpm" --nodaemonize --allow-to-run-as-root --php-ini "$source/php.ini" --fpm-config "$3/fpm.conf" &
fpm=$!
nginx -p "$3" -c "$3/nginx.conf" &
nginx=$!

stop() {
    trap '' TERM INT
    kill -TERM "$fpm" "$nginx" 2>/dev/null || :
}
trap stop TERM INT
# A signal interrupts the wait; then stop has ended both.
wait "$nginx" || :
stop
wait "$fpm" "$nginx" || :
