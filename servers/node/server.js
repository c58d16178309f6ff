'use strict';
// Node's own http module: one process, one event loop, no framework.

const { options, serve } = require('../lib/node/serve.js');
const { route } = require('../lib/node/routes.js');

serve(route, options(process.argv.slice(2)));
