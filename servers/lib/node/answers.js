'use strict';
// What every JavaScript server answers: values and files, no HTTP.

const fs = require('node:fs');
const path = require('node:path');

const PATTERN = '0123456789abcdefghijklmnopqrstuvwxyz';
const ALIVE = 'alive\r\n';
const LARGE = Buffer.alloc(64 * 1024, PATTERN);
const ETAG = '"v1"';
const EVENTS = Array.from({ length: 100 }, (_, i) => `data: ${i + 1}\n\n`);

// The paths of 100 routes, which every server registers one by one.
const ITEM_PATHS = Array.from({ length: 100 }, (_, i) =>
  `/api/v1/items/${String(i + 1).padStart(4, '0')}`);

const CORS = {
  'Access-Control-Allow-Origin': 'https://example.com',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, X-Requested-With',
  'Access-Control-Max-Age': '86400',
};

// whole returns the whole number that the text of a query parameter writes, the
// default for a parameter that is absent, and NaN for any other text.
function whole(text, absent) {
  if (text === null || text === undefined) return absent;
  const number = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? number : NaN;
}

// statusObject is the answer to /json.
function statusObject(id) {
  return {
    id,
    status: 'ok',
    data: {
      name: 'joust',
      version: '1.0.0',
      flags: ['fast', 'correct', 'measured', 'repeatable'],
    },
  };
}

// table is the answer to /gzip: about 16 KB of JSON.
function table(seed) {
  const rows = new Array(384);
  for (let i = 0; i < rows.length; i++) {
    rows[i] = { id: i, value: (i * seed * 7919 + i * i) % 1000003, name: `row-${i}` };
  }
  return { seed, rows };
}

const data = process.env.JOUST_DATA; // the folder of the data set
const ITEMS = JSON.parse(fs.readFileSync(path.join(data, 'items.json'), 'utf8'));

// firstItems is the answer to /json/{count}?m={multiplier}.
function firstItems(count, multiplier) {
  const items = ITEMS.slice(0, count).map((item) => (
    { ...item, total: item.price * item.quantity * multiplier }));
  return { items, count: items.length };
}

const MEDIA_TYPES = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.html': 'text/html',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.xml': 'application/xml',
  '.woff2': 'font/woff2',
  '.webp': 'image/webp',
};

const FILES = new Map(); // name: {type, encodings: {br, gzip, identity: path}}

for (const name of fs.readdirSync(path.join(data, 'static'))) {
  const type = MEDIA_TYPES[path.extname(name)];
  if (type === undefined) continue; // a compressed form
  const file = path.join(data, 'static', name);
  FILES.set(name, { type, encodings: { identity: file } });
  for (const [encoding, ending] of [['br', '.br'], ['gzip', '.gz']]) {
    if (fs.existsSync(file + ending)) FILES.get(name).encodings[encoding] = file + ending;
  }
}

// staticFile returns the media type, the encoding and the path of a static file in
// the best form that the Accept-Encoding header allows, or undefined.
function staticFile(name, acceptEncoding = '') {
  const found = FILES.get(name);
  if (found === undefined) return undefined;
  const encoding = ['br', 'gzip'].find((e) => acceptEncoding.includes(e) && e in found.encodings) ?? 'identity';
  return { type: found.type, encoding, path: found.encodings[encoding] };
}

// runtimeMemory is the memory that V8 holds, in bytes. The external memory includes
// the array buffers.
function runtimeMemory() {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}

module.exports = {
  ALIVE, LARGE, ETAG, EVENTS, ITEM_PATHS, CORS,
  whole, statusObject, table, firstItems, staticFile, runtimeMemory,
};
