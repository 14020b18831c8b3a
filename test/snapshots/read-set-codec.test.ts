import test from 'ava';
import fc from 'fast-check';

import type { Observation, ObservationKind, WorkspacePath } from '../../fs-tracer/index.ts';
import {
  decodePathSet,
  decodeReadSet,
  encodeDigests,
  encodePathSet,
  encodeReadSet,
  splitReadSet,
} from '../../snapshots/read-set-codec.ts';

const KINDS: ObservationKind[] = ['content', 'listing', 'stat', 'link', 'absent', 'exists'];

/** Any bytes but NUL, as latin1: what a file name may hold. */
const anyPath = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('latin1') as WorkspacePath);
const anyDigest = fc.string({ minLength: 1, unit: 'grapheme' }).filter((digest) => !digest.includes('\0'));
const anyReadSet: fc.Arbitrary<Observation[]> = fc.array(
  fc.record({ path: anyPath, kind: fc.constantFrom(...KINDS), digest: anyDigest }),
);

test('every read set comes back as it was stored', (t) => {
  fc.assert(
    fc.property(anyReadSet, (readSet) => {
      const stored = splitReadSet(encodeReadSet(encodePathSet(readSet), encodeDigests(readSet)));
      const paths = decodePathSet(stored!.pathSet);
      t.deepEqual(decodeReadSet(paths!, stored!.digests) as unknown, readSet);
    }),
  );
});

test('bytes that are no read set are refused', (t) => {
  t.is(decodePathSet(Buffer.from('xunknown kind')), null);
  t.is(splitReadSet(Buffer.from([9, 0, 0, 0, 1])), null);
  t.is(splitReadSet(Buffer.from([1])), null);
  t.is(decodeReadSet([], Buffer.from('one too many')), null);
});

test('a digest that would not come back is a bug of the caller', (t) => {
  const observed = { path: 'a' as WorkspacePath, kind: 'content' } as const;
  t.throws(() => encodeDigests([{ ...observed, digest: '' }]), { message: /^Internal error/ });
  t.throws(() => encodeDigests([{ ...observed, digest: 'a\0b' }]), { message: /^Internal error/ });
});
