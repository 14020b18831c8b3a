import test from 'ava';

import { chooseEvictions, type Snapshot, type SnapshotId } from '../../snapshots/index.ts';

function snapshot(id: string, lastUsedAtMs: number, dependsOn: readonly string[] = []): Snapshot {
  return {
    id: id as SnapshotId,
    folder: `/${id}`,
    parent: null,
    dependsOn: dependsOn as SnapshotId[],
    label: id,
    payload: null,
    durationMs: 1,
    sizeBytes: 10,
    createdAtMs: 0,
    lastUsedAtMs,
  };
}

const all = [snapshot('base', 1), snapshot('old', 2, ['base']), snapshot('young', 9, ['base']), snapshot('alone', 5)];

const chosen = (policy: Parameters<typeof chooseEvictions>[1]) =>
  [...chooseEvictions(all, policy, 10)].sort() as string[];

test('without limits everything goes', (t) => {
  t.deepEqual(chosen({}), ['alone', 'base', 'old', 'young']);
});

test('the least recently used go first, and a base is as recent as what depends on it', (t) => {
  t.deepEqual(chosen({ keepBytes: 40 }), []);
  t.deepEqual(chosen({ keepBytes: 30 }), ['old']);
  t.deepEqual(chosen({ keepBytes: 25 }), ['alone', 'old']);
  t.deepEqual(chosen({ keepBytes: 10 }), ['alone', 'old', 'young']);
  t.deepEqual(chosen({ keepBytes: 0 }), ['alone', 'base', 'old', 'young']);
});

test('what was not used for too long goes', (t) => {
  t.deepEqual(chosen({ olderThanMs: 4 }), ['alone', 'old']);
  t.deepEqual(chosen({ olderThanMs: 5 }), ['old']);
  t.deepEqual(chosen({ olderThanMs: 8 }), []);
});
