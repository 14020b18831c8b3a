import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test from 'ava';

import { sweepHome } from '../../runner/sweep-home.ts';

/** Of everything that is written under a temporary name. */
const WRITTEN = [
  'host.json',
  'parsed/0a.json',
  'looks/0a',
  'secrets/TOKEN',
  'images/0a/manifest.json',
  'caches/0a/content',
  'clones/0a/trees/content',
];

for (const file of WRITTEN) {
  test(`what a killed process left of ${file} goes, and what a living one is at stays`, (t) => {
    const home = mkdtempSync(join(tmpdir(), 'layer-test-'));
    t.teardown(() => rmSync(home, { recursive: true }));
    mkdirSync(dirname(join(home, file)), { recursive: true });
    const [whole, left, atWork] = ['', `.${spawnSync('true').pid}.tmp`, `.${process.pid}.tmp`].map((end) =>
      join(home, `${file}${end}`),
    ) as [string, string, string];
    for (const path of [whole, left, atWork]) writeFileSync(path, 'half');
    sweepHome(home);
    t.deepEqual([whole, left, atWork].map(existsSync), [true, false, true]);
  });
}
