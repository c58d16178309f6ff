'use strict';
// Starts and stops an HTTP server, the same way for every JavaScript server.

const http = require('node:http');

// Requests in flight may take this long after a signal to stop, in milliseconds.
const DRAIN_MS = 800;

// options reads the flags: --addr host:port, --workers N, and --keepalive-requests N
// (0: no limit).
function options(args) {
  const given = { '--addr': '', '--workers': '1', '--keepalive-requests': '0' };
  for (let i = 0; i < args.length; i += 2) {
    if (!Object.hasOwn(given, args[i]) || args[i + 1] === undefined) usage();
    given[args[i]] = args[i + 1];
  }
  const colon = given['--addr'].lastIndexOf(':');
  const port = Number(given['--addr'].slice(colon + 1));
  const workers = Number(given['--workers']);
  const keepAliveRequests = Number(given['--keepalive-requests']);
  if (colon < 0 || ![port, workers, keepAliveRequests].every(Number.isInteger)) usage();
  return { host: given['--addr'].slice(0, colon).replace(/^\[|\]$/g, ''), port, workers, keepAliveRequests };
}

function usage() {
  console.error('usage: node server.js --addr host:port [--workers N] [--keepalive-requests N]');
  process.exit(2);
}

// capped ends a connection after its request of the number, 0 for none. Node's own
// maxRequestsPerSocket announces the end, but leaves it to the client.
function capped(handler, most) {
  if (most === 0) return handler;
  const asked = new WeakMap(); // requests by socket
  return (req, res) => {
    const number = (asked.get(req.socket) ?? 0) + 1;
    asked.set(req.socket, number);
    if (number === most) res.setHeader('Connection', 'close');
    handler(req, res);
  };
}

// serve listens and answers with the handler until SIGTERM or SIGINT.
function serve(handler, { host, port, keepAliveRequests }) {
  const server = http.createServer(capped(handler, keepAliveRequests));
  // The default of 5 s would end connections that an open loop uses seldom; 75 s is
  // the default of nginx.
  server.keepAliveTimeout = 75_000;
  let stopping = false;
  // stop takes no more connections, ends the idle ones and lets requests in
  // flight finish; their connections are idle afterwards.
  const stop = () => {
    if (stopping) return;
    stopping = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setInterval(() => server.closeIdleConnections(), 10);
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  server.on('error', (err) => {
    console.error(`cannot serve: ${err.message}`);
    process.exit(1);
  });
  server.listen({ host, port, backlog: 4096 });
}

module.exports = { options, serve };
