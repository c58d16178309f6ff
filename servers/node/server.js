'use strict';
// Node's own http module: one process, one event loop, no framework.

const http = require('node:http');

const ALIVE = 'alive\r\n';
const LARGE = Buffer.alloc(64 * 1024, '0123456789abcdefghijklmnopqrstuvwxyz');

// Requests in flight may take this long after a signal to stop, in milliseconds.
const DRAIN_MS = 800;

function answer(res, status, type, body) {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body); // leaves the body out for HEAD
}

function json(req, res) {
  let id = 1;
  const query = req.url.indexOf('?');
  if (query >= 0) {
    const value = new URLSearchParams(req.url.slice(query + 1)).get('id');
    id = value === null ? 1 : Number(value);
    if (value === '' || !Number.isSafeInteger(id)) {
      answer(res, 400, 'text/plain', 'the query parameter id must be a whole number\n');
      return;
    }
  }
  const object = {
    id,
    status: 'ok',
    data: {
      name: 'joust',
      version: '1.0.0',
      flags: ['fast', 'correct', 'measured', 'repeatable'],
    },
  };
  answer(res, 200, 'application/json', JSON.stringify(object));
}

function echo(req, res) {
  const pieces = [];
  req.on('data', (piece) => pieces.push(piece));
  req.on('end', () => answer(res, 200, 'application/octet-stream', Buffer.concat(pieces)));
}

function upload(req, res) {
  let bytes = 0;
  req.on('data', (piece) => { bytes += piece.length; });
  req.on('end', () => answer(res, 200, 'text/plain', String(bytes)));
}

const routes = {
  'GET /': (req, res) => answer(res, 200, 'text/plain', ALIVE),
  'GET /json': json,
  'POST /echo': echo,
  'GET /large': (req, res) => answer(res, 200, 'text/plain', LARGE),
  'HEAD /large': (req, res) => answer(res, 200, 'text/plain', LARGE),
  'POST /upload': upload,
};

const server = http.createServer((req, res) => {
  const query = req.url.indexOf('?');
  const path = query < 0 ? req.url : req.url.slice(0, query);
  const key = `${req.method} ${path}`;
  if (Object.hasOwn(routes, key)) {
    routes[key](req, res);
    return;
  }
  answer(res, 404, 'text/plain', 'not found\n');
});

// listenAddress reads --addr host:port, the only flag.
function listenAddress(args) {
  const addr = args.length === 2 && args[0] === '--addr' ? args[1] : '';
  const colon = addr.lastIndexOf(':');
  const port = Number(addr.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port)) {
    console.error('usage: node server.js --addr host:port');
    process.exit(2);
  }
  return { host: addr.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}

// stop takes no more connections, ends the idle ones and lets requests in
// flight finish; their connections are idle afterwards.
function stop() {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setInterval(() => server.closeIdleConnections(), 10);
  setTimeout(() => process.exit(0), DRAIN_MS).unref();
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
server.on('error', (err) => {
  console.error(`cannot serve: ${err.message}`);
  process.exit(1);
});
server.listen(listenAddress(process.argv.slice(2)));
