#!/bin/sh
# Starts PHP's built-in server: serve.sh host:port folder-of-the-data folder-to-write
set -eu
source=$(dirname "$0")
export JOUST_DATA="$2" JOUST_ITEMS="$3/items.php"
php "$source/../lib/php/items.php" "$2/items.json" "$JOUST_ITEMS"
exec php -q -c "$source/../lib/php/php.ini" -S "$1" "$source/server.php"
