import test from 'ava';
import fc from 'fast-check';

import type { ObservationKind, WorkspacePath } from '../../fs-tracer/index.ts';
import { digestStep, strongFingerprint, weakFingerprint } from '../../snapshots/fingerprint.ts';
import { encodeDigests, encodePathSet } from '../../snapshots/read-set-codec.ts';
import { newSnapshotId } from '../../snapshots/snapshot.ts';

test('the order in which fields are given does not matter', (t) => {
  t.is(digestStep({ a: '1', b: '2' }), digestStep({ b: '2', a: '1' }));
});

test('different fields give different digests, wherever the borders between them are', (t) => {
  const fields = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), { maxKeys: 3 });
  fc.assert(
    fc.property(fields, fields, (one, other) => {
      const entries = (given: Record<string, string>) => JSON.stringify(Object.entries(given).sort());
      return (digestStep(one) === digestStep(other)) === (entries(one) === entries(other));
    }),
  );
  t.not(digestStep({ a: 'bc' }), digestStep({ ab: 'c' }));
});

test('the weak fingerprint depends on the parent and on every step since it', (t) => {
  const [one, other] = [digestStep({ instruction: 'RUN a' }), digestStep({ instruction: 'RUN b' })];
  const parent = newSnapshotId();
  const all = [
    weakFingerprint(null, [one]),
    weakFingerprint(parent, [one]),
    weakFingerprint(newSnapshotId(), [one]),
    weakFingerprint(parent, [one, other]),
    weakFingerprint(parent, [other, one]),
  ];
  t.is(new Set(all).size, all.length);
});

test('the strong fingerprint depends on path, kind and digest', (t) => {
  const strong = (path: string, kind: ObservationKind, digest: string) => {
    const readSet = [{ path: path as WorkspacePath, kind, digest }];
    return strongFingerprint({ pathSet: encodePathSet(readSet), digests: encodeDigests(readSet) });
  };
  const all = [strong('a', 'stat', 'x'), strong('b', 'stat', 'x'), strong('a', 'link', 'x'), strong('a', 'stat', 'y')];
  t.is(new Set(all).size, 4);
  t.is(strong('a', 'stat', 'x'), all[0]!);
});
