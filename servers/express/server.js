'use strict';
// Express with the middleware of its own project: body-parser, compression and
// cookie-parser, each only on the routes that need it.

const zlib = require('node:zlib');
const { promisify } = require('node:util');
const compression = require('compression');
const cookieParser = require('cookie-parser');
const express = require('express');
const answers = require('../lib/node/answers.js');
const { options, serve } = require('../lib/node/serve.js');

const gzip = promisify(zlib.gzip);
const app = express();
app.disable('x-powered-by');
app.disable('etag'); // no other server computes an entity tag of every answer
app.set('query parser', 'simple');

const text = (res, body) => res.type('text/plain').send(body);
const pairs = (parsed) => Object.values(parsed).flat().length;
const alive = (req, res) => text(res, answers.ALIVE);

// numbers returns whole numbers, or throws the error that answers with 400.
function numbers(...texts) {
  return texts.map((value) => {
    const number = answers.whole(value, 1);
    if (Number.isNaN(number)) throw Object.assign(new Error('not a whole number'), { status: 400 });
    return number;
  });
}

// count answers with a text made of the number of the body's bytes, and keeps none
// of them.
function count(render) {
  return (req, res) => {
    let bytes = 0;
    req.on('data', (piece) => { bytes += piece.length; });
    req.on('end', () => text(res, render(bytes)));
  };
}

app.get('/', alive);
app.get('/json', (req, res) => res.json(answers.statusObject(...numbers(req.query.id))));
// express.raw would inflate a compressed body.
app.post('/echo', (req, res) => {
  const pieces = [];
  req.on('data', (piece) => pieces.push(piece));
  req.on('end', () => res.type('application/octet-stream').send(Buffer.concat(pieces)));
});
app.get('/large', (req, res) => text(res, answers.LARGE));
app.get('/cookies', cookieParser(), (req, res) => text(res, String(Object.keys(req.cookies).length)));
app.post('/upload', count(String));
app.post('/upload_auto', express.raw({ type: () => true, limit: '32mb' }),
  (req, res) => text(res, String(req.body.length)));
app.post('/upload_manual', count(String));
app.post('/form', express.urlencoded({ extended: false }), (req, res) => text(res, String(pairs(req.body))));
app.post('/drain', count(() => 'ok'));
app.get('/gzip', async (req, res, next) => {
  try {
    const plain = JSON.stringify(answers.table(...numbers(req.query.seed)));
    res.type('application/json').vary('Accept-Encoding');
    if (!req.acceptsEncodings('gzip')) res.send(plain);
    else res.set('Content-Encoding', 'gzip').send(await gzip(plain));
  } catch (err) {
    next(err);
  }
});
app.get('/qs', (req, res) => text(res, String(pairs(req.query))));
app.get('/etag', (req, res) => { // Express answers 304 by itself
  res.set('ETag', answers.ETAG);
  text(res, answers.ALIVE);
});
app.get('/redirect', (req, res) => res.status(302).location('/target').end());
app.options('/api', (req, res) => res.set(answers.CORS).status(204).end());
app.get('/sse', (req, res) => {
  res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  let sent = 0;
  const next = () => { // each event when the one before it has gone to the kernel
    if (sent === answers.EVENTS.length) res.end();
    else res.write(answers.EVENTS[sent++], next);
  };
  next();
});
app.route('/baseline11')
  .get((req, res) => {
    const [a, b] = numbers(req.query.a, req.query.b);
    text(res, String(a + b));
  })
  .post(express.text({ type: () => true }), (req, res) => {
    const [a, b, c] = numbers(req.query.a, req.query.b, req.body);
    text(res, String(a + b + c));
  });
app.get('/json/:count', compression({ threshold: 0 }), (req, res) => (
  res.json(answers.firstItems(...numbers(req.params.count, req.query.m)))));
app.get('/httparena_json/:count', (req, res) => (
  res.json(answers.firstItems(...numbers(req.params.count, req.query.m)))));
app.get('/pipeline', (req, res) => text(res, 'ok'));
app.get('/delay/:milliseconds', (req, res) => {
  setTimeout(() => text(res, 'ok'), ...numbers(req.params.milliseconds));
});
app.get('/static/:name', (req, res, next) => {
  const file = answers.staticFile(req.params.name, req.get('Accept-Encoding'));
  if (file === undefined) return next();
  if (file.encoding !== 'identity') res.set('Content-Encoding', file.encoding);
  return res.type(file.type).vary('Accept-Encoding').sendFile(file.path);
});
app.get('/runtime/memory', (req, res) => text(res, String(answers.runtimeMemory())));
for (const path of answers.ITEM_PATHS) app.get(path, alive);

// The default handler of errors would write a stack trace into the answer.
app.use((err, req, res, next) => {
  if (res.headersSent) next(err);
  else res.status(err.status ?? 500).type('text/plain').send(`${err.message}\n`);
});

serve(app, options(process.argv.slice(2)));
