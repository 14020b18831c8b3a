import { hash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';

import { sha256 } from '../../util/sha256.ts';

test('texts of every length around the blocks of 64 bytes are hashed as node:crypto does', (t) => {
  for (let length = 0; length < 200; length++) {
    const text = 'layer'.repeat(40).slice(0, length);
    t.is(sha256(text), hash('sha256', text));
  }
});

test('any text is hashed as node:crypto does, long ones and half surrogates too', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary-ascii', minLength: 60, maxLength: 300 }),
  );
  fc.assert(fc.property(text, (given) => sha256(given) === hash('sha256', given)));
  for (const given of ['\ud800', 'é€😀'.repeat(50), 'x'.repeat(20_000), 'x'.repeat(20_001)])
    t.is(sha256(given), hash('sha256', given));
});
