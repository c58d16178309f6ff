<?php
// The front controller: nginx hands every path to it.

require __DIR__ . '/../lib/php/routes.php';

route();
