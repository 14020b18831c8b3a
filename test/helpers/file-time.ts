import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

/*
 * Loaded before each test file (ava.config.js). AVA's TAP does not tell how long a file took, and with two of them at work
 * nobody can tell from when its lines came. So each says so as it ends: a line `SECONDS PATH` in the file that setup/test
 * names in LAYER_TEST_TIMES, in one write, so that lines of two files do not mix.
 */
const times = process.env['LAYER_TEST_TIMES'];

if (times !== undefined) {
  const startedMs = performance.now();
  const path = relative(process.cwd(), fileURLToPath(test.meta.file));
  process.once('exit', () => appendFileSync(times, `${((performance.now() - startedMs) / 1000).toFixed(1)} ${path}\n`));
}
