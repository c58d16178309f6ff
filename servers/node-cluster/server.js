'use strict';
// Node's http module in several processes that share a port through the cluster
// module.

const cluster = require('node:cluster');
const { options, serve } = require('../lib/node/serve.js');

const given = options(process.argv.slice(2));

if (cluster.isPrimary) {
  const stop = () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  cluster.on('exit', (worker, code) => { process.exitCode ||= code; });
  for (let i = 0; i < given.workers; i++) cluster.fork();
} else {
  const { route } = require('../lib/node/routes.js');
  serve(route, given);
}
