// @NAME@ answers the rows hello, json and echo.
'use strict';

const http = require('node:http');

const [host, port] = process.argv.slice(2);

function answer(res, type, body) {
  res.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

function document(url) {
  const id = Number(url.searchParams.get('id') ?? 1);
  const flags = ['fast', 'correct', 'measured', 'repeatable'];
  return JSON.stringify({ id, status: 'ok', data: { name: 'joust', version: '1.0.0', flags } });
}

http.createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost');
  const route = `${req.method} ${url.pathname}`;
  if (route === 'GET /') {
    answer(res, 'text/plain', 'alive\r\n');
  } else if (route === 'GET /json') {
    answer(res, 'application/json', document(url));
  } else if (route === 'POST /echo') {
    const pieces = [];
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => answer(res, 'application/octet-stream', Buffer.concat(pieces)));
  } else {
    res.writeHead(404, { 'Content-Length': 0 }).end();
  }
}).listen(Number(port), host, 1024);
