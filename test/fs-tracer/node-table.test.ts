import test from 'ava';

import { inodeOf } from '../../fs-tracer/node-table.ts';

test('inode numbers are the same in every run: the first 53 bits of the sha-256 of the path', (t) => {
  t.is(inodeOf(''), 1);
  for (const [path, inode] of [
    ['0', 3356118456715519],
    ['0/src/main.c', 596231040115023],
    ['0/naïve', 6401021953014533],
    ['x'.repeat(5000), 8054770680843392],
  ] as const)
    t.is(inodeOf(path), inode, path.slice(0, 20));
});
