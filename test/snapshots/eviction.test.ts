import test from 'ava';
import fc from 'fast-check';

import {
  chooseEvictions,
  type EvictionCandidate,
  type EvictionPolicy,
  type SnapshotId,
} from '../../snapshots/index.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = 100 * DAY_MS;

interface Given {
  readonly usedAtMs: number;
  readonly dependsOn?: readonly string[];
  readonly createdAtMs?: number;
  readonly isNewest?: boolean;
  readonly isFailed?: boolean;
}

function candidate(
  id: string,
  { usedAtMs, dependsOn = [], createdAtMs = 0, isNewest = false, isFailed = false }: Given,
) {
  return {
    id: id as SnapshotId,
    dependsOn: dependsOn as SnapshotId[],
    sizeBytes: 10,
    createdAtMs,
    lastUsedAtMs: usedAtMs,
    isNewest,
    isFailed,
  };
}

const chosen = (all: readonly EvictionCandidate[], policy: EvictionPolicy, nowMs = NOW): string[] =>
  [...chooseEvictions(all, policy, nowMs)].sort();

const all = [
  candidate('base', { usedAtMs: 1 }),
  candidate('old', { usedAtMs: 2, dependsOn: ['base'] }),
  candidate('young', { usedAtMs: 9, dependsOn: ['base'] }),
  candidate('alone', { usedAtMs: 5 }),
];

test('without limits everything goes', (t) => {
  t.deepEqual(chosen(all, {}), ['alone', 'base', 'old', 'young']);
});

test('the least recently used go first, and a base is as recent as what depends on it', (t) => {
  t.deepEqual(chosen(all, { keepBytes: 40 }), []);
  t.deepEqual(chosen(all, { keepBytes: 30 }), ['old']);
  t.deepEqual(chosen(all, { keepBytes: 25 }), ['alone', 'old']);
  t.deepEqual(chosen(all, { keepBytes: 10 }), ['alone', 'old', 'young']);
  t.deepEqual(chosen(all, { keepBytes: 0 }), ['alone', 'base', 'old', 'young']);
});

test('what was not used for too long goes', (t) => {
  t.deepEqual(chosen(all, { olderThanMs: 4 }, 10), ['alone', 'old']);
  t.deepEqual(chosen(all, { olderThanMs: 5 }, 10), ['old']);
  t.deepEqual(chosen(all, { olderThanMs: 8 }, 10), []);
});

test('what was made in the last ten minutes, and the newest of a step, outlast what was used later', (t) => {
  const tiers = [
    candidate('newest', { usedAtMs: NOW - 2 * DAY_MS, isNewest: true }),
    candidate('fresh', { usedAtMs: NOW - 599_999, createdAtMs: NOW - 599_999 }),
    candidate('used', { usedAtMs: NOW - 1, createdAtMs: NOW - 700_000 }),
    candidate('unused', { usedAtMs: NOW - 650_000, createdAtMs: NOW - 700_000 }),
  ];
  t.deepEqual(chosen(tiers, { keepBytes: 30 }), ['unused']);
  t.deepEqual(chosen(tiers, { keepBytes: 20 }), ['unused', 'used']);
  t.deepEqual(chosen(tiers, { keepBytes: 10 }), ['newest', 'unused', 'used']);
});

test('the newest of a step that nobody used for a week counts like any other', (t) => {
  const forgotten = candidate('forgotten', { usedAtMs: NOW - 8 * DAY_MS, isNewest: true });
  const used = candidate('used', { usedAtMs: NOW - 7 * DAY_MS });
  t.deepEqual(chosen([forgotten, used], { keepBytes: 10 }), ['forgotten']);
});

test('a parent is kept as long as the best of those that need it', (t) => {
  const tree = [
    candidate('parent', { usedAtMs: 1 }),
    candidate('between', { usedAtMs: 1, dependsOn: ['parent'] }),
    candidate('other', { usedAtMs: NOW - 1 }),
    candidate('child', { usedAtMs: NOW - DAY_MS, dependsOn: ['between'], isNewest: true }),
  ];
  t.deepEqual(chosen(tree, { keepBytes: 30 }), ['other']);
});

test('whatever the limits, nothing is chosen that something kept depends on, and the rest fits', (t) => {
  const snapshots = fc.array(
    fc.record({
      parents: fc.array(fc.nat(), { maxLength: 2 }),
      sizeBytes: fc.nat(50),
      createdAtMs: fc.integer({ min: NOW - 20 * 60_000, max: NOW }),
      lastUsedAtMs: fc.integer({ min: NOW - 10 * DAY_MS, max: NOW }),
      isNewest: fc.boolean(),
      isFailed: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(snapshots, fc.nat(500), (given, keepBytes) => {
      const candidates = given.map(({ parents, ...rest }, index): EvictionCandidate => {
        const needed = index === 0 ? [] : parents.map((parent) => String(parent % index) as SnapshotId);
        return { ...rest, id: String(index) as SnapshotId, dependsOn: [...new Set(needed)] };
      });
      const going = new Set(chooseEvictions(candidates, { keepBytes }, NOW));
      const kept = candidates.filter(({ id }) => !going.has(id));
      return (
        kept.every(({ dependsOn }) => dependsOn.every((needed) => !going.has(needed))) &&
        kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= keepBytes
      );
    }),
  );
  t.pass();
});
