<?php
// Writes the items of the data set as a PHP file, which opcache keeps parsed.
// usage: php items.php items.json items-cache.php

declare(strict_types=1);

[, $from, $to] = $argv;
$items = json_decode(file_get_contents($from), true, flags: JSON_THROW_ON_ERROR);
file_put_contents($to, '<?php return ' . var_export($items, true) . ";\n");
