import test from 'ava';
import fc from 'fast-check';

import { Damage } from '../../../fs-tracer/git/damage.ts';
import { applyDelta, deltaResultBytes } from '../../../fs-tracer/git/delta.ts';

const BASE = Buffer.from('0123456789abcdef'.repeat(8));

/** Sizes below 128 take one byte each. */
function delta(result: number, ...instructions: readonly number[]): Buffer {
  return Buffer.from([0x80, 0x01, result, ...instructions]);
}

test('copies and insertions make the result', (t) => {
  // 16 from offset 10, two bytes, 48 and some from offset 0.
  const made = applyDelta(BASE, delta(16 + 2 + 60, 0x91, 10, 16, 2, 0x58, 0x59, 0x90, 60));
  t.is(made.toString(), `abcdef0123456789XY${BASE.toString('utf8', 0, 60)}`);
  t.is(deltaResultBytes(delta(78)), 78);
});

test('a copy without a size is of 65536 bytes, and offsets have up to four bytes', (t) => {
  const base = Buffer.alloc(0x30000, 'xyz');
  const sizes = [0x80, 0x80, 0x0c, 0x80, 0x80, 0x04];
  const made = applyDelta(base, Buffer.from([...sizes, 0x8f, 1, 0, 1, 0]));
  t.true(made.equals(base.subarray(0x10001, 0x20001)));
});

for (const [what, bytes] of [
  ['an empty delta', Buffer.alloc(0)],
  ['sizes that do not end', Buffer.alloc(20, 0xff)],
  ['another base', Buffer.from([5, 1, 1, 65])],
  ['the reserved instruction', delta(1, 0)],
  ['a copy from behind the base', delta(16, 0x91, 120, 16)],
  ['a copy that is cut off', delta(16, 0x91, 120)],
  ['an insertion that is cut off', delta(5, 5, 65)],
  ['more than was said', delta(1, 2, 65, 66)],
  ['less than was said', delta(3, 2, 65, 66)],
  ['a size that nothing could make', Buffer.from([0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 65])],
] as const) {
  test(`a delta with ${what} is refused`, (t) => {
    t.throws(() => applyDelta(BASE, bytes), { instanceOf: Damage });
  });
}

test('whatever a delta is, it gives what it says or is refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        const instructions = delta(30, ...bytes);
        t.is(applyDelta(BASE, instructions).length, 30);
      } catch (error) {
        t.true(error instanceof Damage);
      }
    }),
  );
});
