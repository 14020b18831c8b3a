'use strict';

const assert = require('node:assert');

const { page } = require('../page.js');

assert.strictEqual(page('Hi.', '/<b>', 90_000), '<p>Hi. You asked for /&lt;b&gt;. Up for 2 minutes.</p>\n');
console.log('page.test.js: passed');
