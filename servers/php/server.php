<?php
// The front controller of PHP's built-in server.

require __DIR__ . '/../lib/php/routes.php';

route();
