'use strict';
// The routes of Node's own http module: a new row is a new entry of the table.

const fs = require('node:fs');
const zlib = require('node:zlib');
const answers = require('./answers.js');

function answer(res, status, type, body, headers) {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  res.end(body); // leaves the body out for HEAD
}

const text = (res, body) => answer(res, 200, 'text/plain', body);
const json = (res, value) => answer(res, 200, 'application/json', JSON.stringify(value));
const notFound = (req, res) => answer(res, 404, 'text/plain', 'not found\n');
const refuse = (res, message) => answer(res, 400, 'text/plain', `${message}\n`);

// query returns the parameters of the request's query.
function query(req) {
  const mark = req.url.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : req.url.slice(mark + 1));
}

// body calls done with the whole body.
function body(req, done) {
  const pieces = [];
  req.on('data', (piece) => pieces.push(piece));
  req.on('end', () => done(Buffer.concat(pieces)));
}

// count calls done with the number of the body's bytes, and keeps none of them.
function count(req, done) {
  let bytes = 0;
  req.on('data', (piece) => { bytes += piece.length; });
  req.on('end', () => done(bytes));
}

// compressed sends JSON, gzipped where the client takes it.
function compressed(req, res, value) {
  const plain = JSON.stringify(value);
  if (!(req.headers['accept-encoding'] ?? '').includes('gzip')) {
    answer(res, 200, 'application/json', plain, { Vary: 'Accept-Encoding' });
    return;
  }
  zlib.gzip(plain, (err, packed) => {
    if (err) throw err;
    answer(res, 200, 'application/json', packed, { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  });
}

const alive = (req, res) => text(res, answers.ALIVE);

function statusObject(req, res) {
  const id = answers.whole(query(req).get('id'), 1);
  if (Number.isNaN(id)) refuse(res, 'the query parameter id must be a whole number');
  else json(res, answers.statusObject(id));
}

function cookies(req, res) {
  const pairs = (req.headers.cookie ?? '').split(';').filter((pair) => pair.includes('='));
  text(res, String(pairs.length));
}

function table(req, res) {
  const seed = answers.whole(query(req).get('seed'), 1);
  if (Number.isNaN(seed)) refuse(res, 'the query parameter seed must be a whole number');
  else compressed(req, res, answers.table(seed));
}

function etag(req, res) {
  if (req.headers['if-none-match'] === answers.ETAG) {
    res.writeHead(304, { ETag: answers.ETAG });
    res.end();
    return;
  }
  answer(res, 200, 'text/plain', answers.ALIVE, { ETag: answers.ETAG });
}

function redirect(req, res) {
  res.writeHead(302, { Location: '/target', 'Content-Length': 0 });
  res.end();
}

function preflight(req, res) {
  res.writeHead(204, answers.CORS);
  res.end();
}

// events sends each event when the one before it has gone to the kernel.
function events(req, res) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  let sent = 0;
  const next = () => {
    if (sent === answers.EVENTS.length) res.end();
    else res.write(answers.EVENTS[sent++], next);
  };
  next();
}

function sum(req, res, extra) {
  const parameters = query(req);
  const total = answers.whole(parameters.get('a'), NaN) + answers.whole(parameters.get('b'), NaN) + extra;
  if (Number.isNaN(total)) refuse(res, 'a, b and the body must be whole numbers');
  else text(res, String(total));
}

function items(respond) {
  return (req, res, tail) => {
    const number = answers.whole(tail, NaN);
    const multiplier = answers.whole(query(req).get('m'), 1);
    if (Number.isNaN(number + multiplier)) refuse(res, 'the number of items and m must be whole numbers');
    else respond(req, res, answers.firstItems(number, multiplier));
  };
}

function delay(req, res, tail) {
  const milliseconds = answers.whole(tail, NaN);
  if (Number.isNaN(milliseconds)) refuse(res, 'the delay must be a whole number');
  else setTimeout(() => text(res, 'ok'), milliseconds);
}

function staticFile(req, res, tail) {
  const file = answers.staticFile(tail, req.headers['accept-encoding']);
  if (file === undefined) {
    notFound(req, res);
    return;
  }
  fs.readFile(file.path, (err, content) => {
    if (err) throw err;
    const encoding = file.encoding === 'identity' ? {} : { 'Content-Encoding': file.encoding };
    answer(res, 200, file.type, content, { ...encoding, Vary: 'Accept-Encoding' });
  });
}

// Exact paths. A GET route answers HEAD too.
const exact = {
  'GET /': alive,
  'GET /json': statusObject,
  'POST /echo': (req, res) => body(req, (b) => answer(res, 200, 'application/octet-stream', b)),
  'GET /large': (req, res) => text(res, answers.LARGE),
  'GET /cookies': cookies,
  'POST /upload': (req, res) => count(req, (n) => text(res, String(n))),
  'POST /upload_auto': (req, res) => body(req, (b) => text(res, String(b.length))),
  'POST /upload_manual': (req, res) => count(req, (n) => text(res, String(n))),
  'POST /form': (req, res) => body(req, (b) => text(res, String(new URLSearchParams(b.toString()).size))),
  'POST /drain': (req, res) => count(req, () => text(res, 'ok')),
  'GET /gzip': table,
  'GET /qs': (req, res) => text(res, String(query(req).size)),
  'GET /etag': etag,
  'GET /redirect': redirect,
  'OPTIONS /api': preflight,
  'GET /sse': events,
  'GET /baseline11': (req, res) => sum(req, res, 0),
  'POST /baseline11': (req, res) => body(req, (b) => sum(req, res, answers.whole(b.toString(), NaN))),
  'GET /pipeline': (req, res) => text(res, 'ok'),
  'GET /runtime/memory': (req, res) => text(res, String(answers.runtimeMemory())),
  ...Object.fromEntries(answers.ITEM_PATHS.map((path) => [`GET ${path}`, alive])),
};

// Paths with one variable segment at the end, which the handler gets.
const prefixes = {
  'GET /json/': items(compressed),
  'GET /httparena_json/': items((req, res, value) => json(res, value)),
  'GET /delay/': delay,
  'GET /static/': staticFile,
};

// route answers the request; it is the handler of a server.
function route(req, res) {
  const mark = req.url.indexOf('?');
  const path = mark < 0 ? req.url : req.url.slice(0, mark);
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  const key = `${method} ${path}`;
  if (Object.hasOwn(exact, key)) {
    exact[key](req, res);
    return;
  }
  const slash = key.lastIndexOf('/') + 1;
  const prefix = key.slice(0, slash);
  if (Object.hasOwn(prefixes, prefix)) prefixes[prefix](req, res, key.slice(slash));
  else notFound(req, res);
}

module.exports = { route };
