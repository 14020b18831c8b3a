import test from 'ava';

import {
  chooseDetachment,
  type DetachmentPolicy,
  type EvictionCandidate,
  type SnapshotId,
} from '../../snapshots/index.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = 100 * DAY_MS;
const OLD = { createdAtMs: NOW - 2 * DAY_MS, lastUsedAtMs: NOW - 2 * DAY_MS, isNewest: false, isFailed: false };
const CURRENT = { createdAtMs: NOW - 3_600_000, lastUsedAtMs: NOW - 3_600_000, isNewest: true, isFailed: false };

function candidate(
  id: string,
  dependsOn: readonly string[],
  rest: Partial<EvictionCandidate> = OLD,
): EvictionCandidate {
  return { id: id as SnapshotId, dependsOn: dependsOn as SnapshotId[], sizeBytes: 10, ...OLD, ...rest };
}

function chosen(all: readonly EvictionCandidate[], policy: Partial<DetachmentPolicy>, tried: readonly string[] = []) {
  const known = new Set(tried as readonly SnapshotId[]);
  return chooseDetachment(all, { longestChain: 100, isFreeing: false, heavy: new Set(), ...policy }, NOW, known) as
    | string
    | null;
}

/** What RUN REPEATABLE leaves: each stands on the one before; of the last two steps come more. */
const repeated = [
  candidate('base', [], CURRENT),
  candidate('copy', ['base'], CURRENT),
  candidate('run1', ['copy']),
  candidate('run2', ['run1']),
  candidate('check2', ['run2']),
  candidate('run3', ['run2'], CURRENT),
  candidate('check3', ['run3'], CURRENT),
];

test('where space is wanted, the first snapshot that keeps two idle ones alive is put on less', (t) => {
  t.is(chosen(repeated, { isFreeing: true }), 'run3');
  t.is(chosen(repeated, { isFreeing: false }), null);
});

test('one that was tried in vain is not tried again', (t) => {
  t.is(chosen(repeated, { isFreeing: true }, ['run3']), 'check3');
  t.is(chosen(repeated, { isFreeing: true }, ['run3', 'check3']), null);
});

test('one idle parent is not worth it, and what is kept for its own sake is not idle', (t) => {
  t.is(chosen([...repeated.slice(0, 3), candidate('run2', ['run1'], CURRENT)], { isFreeing: true }), null);
  t.is(
    chosen(
      repeated.map((each) => ({ ...each, isNewest: true })),
      { isFreeing: true },
    ),
    null,
  );
});

test('a chain that is too long is cut once, at what the rest stands on', (t) => {
  t.is(chosen(repeated, { longestChain: 5 }), null);
  t.is(chosen(repeated, { longestChain: 4 }), 'run3');
  t.is(chosen(repeated, { longestChain: 3 }), 'run2');
  const cut = repeated.map((each) => (each.id === 'run2' ? { ...each, dependsOn: ['base' as SnapshotId] } : each));
  t.is(chosen(cut, { longestChain: 3 }), null);
});

test('one that is slow to restore is put on less if it is kept for its own sake and no space is wanted: the first of a chain', (t) => {
  const heavy = new Set(['run2', 'check2', 'run3', 'check3'] as readonly string[] as readonly SnapshotId[]);
  t.is(chosen(repeated, { heavy }), 'run3');
  t.is(chosen(repeated, { heavy }, ['run3']), 'check3');
  t.is(chosen(repeated, { heavy, isFreeing: true }, ['run3', 'check3']), null);
});
