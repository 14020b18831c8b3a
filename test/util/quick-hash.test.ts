import test from 'ava';

import { quickHash } from '../../util/quick-hash.ts';

test('texts that differ a little have different hashes of one length', (t) => {
  const texts = ['', 'a', 'b', 'ab', 'ba', 'FROM vm/debian:12\n', 'FROM vm/debian:12', 'é', '😀'];
  const hashes = texts.map(quickHash);
  t.is(new Set(hashes).size, texts.length);
  t.true(hashes.every((hash) => /^[0-9a-f]{14}$/.test(hash)));
});
