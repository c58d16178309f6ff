<?php
// The routes of both PHP servers: a new row is a new entry of ROUTES or BELOW. They
// are literals, which opcache keeps; a call would make them anew each time. The
// script runs anew for each request, from opcache.

declare(strict_types=1);

const ALIVE = "alive\r\n";
const PATTERN = '0123456789abcdefghijklmnopqrstuvwxyz';
const ETAG = '"v1"';
const PIECE = 64 * 1024; // bytes of a body that are read at a time

const CORS = [
    'Access-Control-Allow-Origin' => 'https://example.com',
    'Access-Control-Allow-Methods' => 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers' => 'Content-Type, X-Requested-With',
    'Access-Control-Max-Age' => '86400',
];

const MEDIA_TYPES = [
    'css' => 'text/css',
    'js' => 'text/javascript',
    'html' => 'text/html',
    'json' => 'application/json',
    'svg' => 'image/svg+xml',
    'txt' => 'text/plain',
    'xml' => 'application/xml',
    'woff2' => 'font/woff2',
    'webp' => 'image/webp',
];

// Exact paths. A GET route answers HEAD too: PHP leaves the body out.
const ROUTES = [
    'GET /' => 'alive',
    'GET /json' => 'status_object',
    'POST /echo' => 'echo_body',
    'GET /large' => 'large',
    'GET /cookies' => 'cookies',
    'POST /upload' => 'upload',
    'POST /upload_auto' => 'upload_whole',
    'POST /upload_manual' => 'upload',
    'POST /form' => 'form',
    'POST /drain' => 'drain',
    'GET /gzip' => 'table',
    'GET /qs' => 'query',
    'GET /etag' => 'etag',
    'GET /redirect' => 'redirect',
    'OPTIONS /api' => 'preflight',
    'GET /sse' => 'events',
    'GET /baseline11' => 'baseline',
    'POST /baseline11' => 'baseline',
    'GET /pipeline' => 'ok',
    'GET /api/v1/items/0001' => 'alive',
    'GET /api/v1/items/0002' => 'alive',
    'GET /api/v1/items/0003' => 'alive',
    'GET /api/v1/items/0004' => 'alive',
    'GET /api/v1/items/0005' => 'alive',
    'GET /api/v1/items/0006' => 'alive',
    'GET /api/v1/items/0007' => 'alive',
    'GET /api/v1/items/0008' => 'alive',
    'GET /api/v1/items/0009' => 'alive',
    'GET /api/v1/items/0010' => 'alive',
    'GET /api/v1/items/0011' => 'alive',
    'GET /api/v1/items/0012' => 'alive',
    'GET /api/v1/items/0013' => 'alive',
    'GET /api/v1/items/0014' => 'alive',
    'GET /api/v1/items/0015' => 'alive',
    'GET /api/v1/items/0016' => 'alive',
    'GET /api/v1/items/0017' => 'alive',
    'GET /api/v1/items/0018' => 'alive',
    'GET /api/v1/items/0019' => 'alive',
    'GET /api/v1/items/0020' => 'alive',
    'GET /api/v1/items/0021' => 'alive',
    'GET /api/v1/items/0022' => 'alive',
    'GET /api/v1/items/0023' => 'alive',
    'GET /api/v1/items/0024' => 'alive',
    'GET /api/v1/items/0025' => 'alive',
    'GET /api/v1/items/0026' => 'alive',
    'GET /api/v1/items/0027' => 'alive',
    'GET /api/v1/items/0028' => 'alive',
    'GET /api/v1/items/0029' => 'alive',
    'GET /api/v1/items/0030' => 'alive',
    'GET /api/v1/items/0031' => 'alive',
    'GET /api/v1/items/0032' => 'alive',
    'GET /api/v1/items/0033' => 'alive',
    'GET /api/v1/items/0034' => 'alive',
    'GET /api/v1/items/0035' => 'alive',
    'GET /api/v1/items/0036' => 'alive',
    'GET /api/v1/items/0037' => 'alive',
    'GET /api/v1/items/0038' => 'alive',
    'GET /api/v1/items/0039' => 'alive',
    'GET /api/v1/items/0040' => 'alive',
    'GET /api/v1/items/0041' => 'alive',
    'GET /api/v1/items/0042' => 'alive',
    'GET /api/v1/items/0043' => 'alive',
    'GET /api/v1/items/0044' => 'alive',
    'GET /api/v1/items/0045' => 'alive',
    'GET /api/v1/items/0046' => 'alive',
    'GET /api/v1/items/0047' => 'alive',
    'GET /api/v1/items/0048' => 'alive',
    'GET /api/v1/items/0049' => 'alive',
    'GET /api/v1/items/0050' => 'alive',
    'GET /api/v1/items/0051' => 'alive',
    'GET /api/v1/items/0052' => 'alive',
    'GET /api/v1/items/0053' => 'alive',
    'GET /api/v1/items/0054' => 'alive',
    'GET /api/v1/items/0055' => 'alive',
    'GET /api/v1/items/0056' => 'alive',
    'GET /api/v1/items/0057' => 'alive',
    'GET /api/v1/items/0058' => 'alive',
    'GET /api/v1/items/0059' => 'alive',
    'GET /api/v1/items/0060' => 'alive',
    'GET /api/v1/items/0061' => 'alive',
    'GET /api/v1/items/0062' => 'alive',
    'GET /api/v1/items/0063' => 'alive',
    'GET /api/v1/items/0064' => 'alive',
    'GET /api/v1/items/0065' => 'alive',
    'GET /api/v1/items/0066' => 'alive',
    'GET /api/v1/items/0067' => 'alive',
    'GET /api/v1/items/0068' => 'alive',
    'GET /api/v1/items/0069' => 'alive',
    'GET /api/v1/items/0070' => 'alive',
    'GET /api/v1/items/0071' => 'alive',
    'GET /api/v1/items/0072' => 'alive',
    'GET /api/v1/items/0073' => 'alive',
    'GET /api/v1/items/0074' => 'alive',
    'GET /api/v1/items/0075' => 'alive',
    'GET /api/v1/items/0076' => 'alive',
    'GET /api/v1/items/0077' => 'alive',
    'GET /api/v1/items/0078' => 'alive',
    'GET /api/v1/items/0079' => 'alive',
    'GET /api/v1/items/0080' => 'alive',
    'GET /api/v1/items/0081' => 'alive',
    'GET /api/v1/items/0082' => 'alive',
    'GET /api/v1/items/0083' => 'alive',
    'GET /api/v1/items/0084' => 'alive',
    'GET /api/v1/items/0085' => 'alive',
    'GET /api/v1/items/0086' => 'alive',
    'GET /api/v1/items/0087' => 'alive',
    'GET /api/v1/items/0088' => 'alive',
    'GET /api/v1/items/0089' => 'alive',
    'GET /api/v1/items/0090' => 'alive',
    'GET /api/v1/items/0091' => 'alive',
    'GET /api/v1/items/0092' => 'alive',
    'GET /api/v1/items/0093' => 'alive',
    'GET /api/v1/items/0094' => 'alive',
    'GET /api/v1/items/0095' => 'alive',
    'GET /api/v1/items/0096' => 'alive',
    'GET /api/v1/items/0097' => 'alive',
    'GET /api/v1/items/0098' => 'alive',
    'GET /api/v1/items/0099' => 'alive',
    'GET /api/v1/items/0100' => 'alive',
];

// Paths with one variable segment at the end, which the handler gets.
const BELOW = [
    'GET /json/' => 'compressed_items',
    'GET /httparena_json/' => 'items',
    'GET /delay/' => 'delay',
    'GET /static/' => 'static_file',
];

class BadRequest extends Exception
{
}

function route(): void
{
    $method = $_SERVER['REQUEST_METHOD'];
    $path = strtok($_SERVER['REQUEST_URI'], '?');
    $key = ($method === 'HEAD' ? 'GET' : $method) . ' ' . $path;
    try {
        if (isset(ROUTES[$key])) {
            ROUTES[$key]();
            return;
        }
        $tail = strrchr($key, '/');
        $folder = substr($key, 0, strlen($key) - strlen($tail) + 1);
        if (isset(BELOW[$folder])) {
            BELOW[$folder](substr($tail, 1));
        } else {
            not_found();
        }
    } catch (BadRequest $wrong) {
        http_response_code(400);
        text($wrong->getMessage() . "\n");
    }
}

function answer(string $body, string $type): void
{
    header("Content-Type: $type");
    header('Content-Length: ' . strlen($body));
    echo $body;
}

function text(string $body): void
{
    answer($body, 'text/plain');
}

function json(mixed $value): void
{
    answer(json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), 'application/json');
}

// compressed sends JSON, gzipped where the client takes it.
function compressed(mixed $value): void
{
    header('Vary: Accept-Encoding');
    if (!str_contains($_SERVER['HTTP_ACCEPT_ENCODING'] ?? '', 'gzip')) {
        json($value);
        return;
    }
    header('Content-Encoding: gzip');
    $plain = json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    answer(gzencode($plain), 'application/json');
}

function not_found(): void
{
    http_response_code(404);
    text("not found\n");
}

function whole(?string $text): int
{
    $number = filter_var($text, FILTER_VALIDATE_INT);
    if ($number === false) {
        throw new BadRequest('a whole number is expected');
    }
    return $number;
}

// body_bytes reads the body in pieces and returns the number of its bytes.
function body_bytes(): int
{
    $body = fopen('php://input', 'rb');
    $bytes = 0;
    while (($piece = fread($body, PIECE)) !== '' && $piece !== false) {
        $bytes += strlen($piece);
    }
    if ($bytes < (int) ($_SERVER['CONTENT_LENGTH'] ?? 0)) {
        throw new BadRequest('the body ended early');
    }
    return $bytes;
}

function alive(): void
{
    text(ALIVE);
}

function status_object(): void
{
    json([
        'id' => whole($_GET['id'] ?? '1'),
        'status' => 'ok',
        'data' => [
            'name' => 'joust',
            'version' => '1.0.0',
            'flags' => ['fast', 'correct', 'measured', 'repeatable'],
        ],
    ]);
}

function echo_body(): void
{
    answer(file_get_contents('php://input'), 'application/octet-stream');
}

function large(): void
{
    text(substr(str_repeat(PATTERN, 1821), 0, 65536));
}

function cookies(): void
{
    text((string) count($_COOKIE));
}

function upload(): void
{
    text((string) body_bytes());
}

function upload_whole(): void
{
    text((string) strlen(file_get_contents('php://input')));
}

function form(): void
{
    text((string) count($_POST));
}

function drain(): void
{
    body_bytes();
    text('ok');
}

function table(): void
{
    $seed = whole($_GET['seed'] ?? '1');
    $rows = [];
    for ($i = 0; $i < 384; $i++) {
        $value = ($i * $seed * 7919 + $i * $i) % 1000003;
        $rows[] = ['id' => $i, 'value' => $value, 'name' => "row-$i"];
    }
    compressed(['seed' => $seed, 'rows' => $rows]);
}

function query(): void
{
    text((string) count($_GET));
}

function etag(): void
{
    header('ETag: ' . ETAG);
    if (($_SERVER['HTTP_IF_NONE_MATCH'] ?? '') === ETAG) {
        http_response_code(304);
        header_remove('Content-Type');
        return;
    }
    text(ALIVE);
}

function redirect(): void
{
    header('Location: /target', true, 302);
    header('Content-Length: 0');
}

function preflight(): void
{
    http_response_code(204);
    foreach (CORS as $name => $value) {
        header("$name: $value");
    }
}

// events sends each event by itself.
function events(): void
{
    header('Content-Type: text/event-stream');
    header('Cache-Control: no-cache');
    header('X-Accel-Buffering: no'); // asks nginx not to wait for more
    for ($number = 1; $number <= 100; $number++) {
        echo "data: $number\n\n";
        flush();
    }
}

function baseline(): void
{
    $sum = whole($_GET['a'] ?? null) + whole($_GET['b'] ?? null);
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        $sum += whole(file_get_contents('php://input'));
    }
    text((string) $sum);
}

// first_items is the value of /json/{count}?m={multiplier}. The launcher wrote the
// items as a PHP file, which opcache keeps parsed.
function first_items(string $count): array
{
    $multiplier = whole($_GET['m'] ?? '1');
    $items = array_slice(require getenv('JOUST_ITEMS'), 0, whole($count));
    foreach ($items as &$item) {
        $item['total'] = $item['price'] * $item['quantity'] * $multiplier;
    }
    return ['items' => $items, 'count' => count($items)];
}

function compressed_items(string $count): void
{
    compressed(first_items($count));
}

function items(string $count): void
{
    json(first_items($count));
}

function ok(): void
{
    text('ok');
}

function delay(string $milliseconds): void
{
    usleep(1000 * whole($milliseconds));
    text('ok');
}

function static_file(string $name): void
{
    $type = MEDIA_TYPES[pathinfo($name, PATHINFO_EXTENSION)] ?? null;
    $path = getenv('JOUST_DATA') . "/static/$name";
    if ($type === null || basename($name) !== $name || !is_file($path)) {
        not_found();
        return;
    }
    header('Vary: Accept-Encoding');
    foreach (['br' => 'br', 'gzip' => 'gz'] as $encoding => $ending) {
        if (str_contains($_SERVER['HTTP_ACCEPT_ENCODING'] ?? '', $encoding) && is_file("$path.$ending")) {
            $path .= ".$ending";
            header("Content-Encoding: $encoding");
            break;
        }
    }
    header("Content-Type: $type");
    header('Content-Length: ' . filesize($path));
    readfile($path);
}
