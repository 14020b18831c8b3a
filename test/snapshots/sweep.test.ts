import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import test from 'ava';

import { openSnapshotStore } from '../../snapshots/index.ts';
import { newSnapshotId } from '../../snapshots/snapshot.ts';
import { chain, digestFrom, publication, publish, scratchFolder } from './scratch.ts';

/** As if every process that owns something had died. */
function killOwners(home: string): void {
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  database.exec("UPDATE pending SET owner = 'other-boot x 1 1'; UPDATE lease SET owner = 'other-boot x 1 1'");
}

test('a sweep leaves published snapshots and those that a living process makes', async (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const snapshot = await publish(store);
  const pending = store.begin();
  for (const { folder } of [snapshot, pending]) utimesSync(folder, 1, 1);
  t.deepEqual(store.sweep(), []);
  t.true(existsSync(pending.folder));
  t.deepEqual(await store.verify(snapshot.id), { ok: true });
});

test('a sweep removes what a dead process was making', (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'memory'), 'half');
  killOwners(home);
  t.deepEqual(store.sweep(), [pending.id]);
  t.false(existsSync(pending.folder));
  t.deepEqual(store.sweep(), []);
});

test('the lease of a dead process keeps nothing', async (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const { id } = await publish(store);
  store.lease([id]);
  t.deepEqual(store.remove([id]).removed, []);
  killOwners(home);
  t.deepEqual(store.remove([id]).removed, [id]);
});

test('a folder that nothing is known of goes only when it is old, and others are not touched', (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const [old, young] = [newSnapshotId(), newSnapshotId()];
  for (const name of [old, young, 'not-ours']) mkdirSync(join(home, 'snapshots', name), { recursive: true });
  for (const name of [old, 'not-ours']) utimesSync(join(home, 'snapshots', name), 1, 1);
  t.deepEqual(store.sweep(), [old]);
  t.true(existsSync(join(home, 'snapshots', young)));
  t.true(existsSync(join(home, 'snapshots', 'not-ours')));
});

test('a removal that was interrupted before its files went is finished', async (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const snapshot = await publish(store);
  {
    using database = new DatabaseSync(join(home, 'index.sqlite'));
    database.exec("UPDATE snapshot SET state = 'evicted', removed_at_ms = 0");
  }
  t.deepEqual(store.sweep(), [snapshot.id]);
});

test('tombstones are forgotten after a month, except where live snapshots descend from them', async (t) => {
  const home = scratchFolder(t);
  let now = Date.now();
  using store = openSnapshotStore({ home, now: () => now });
  const parent = await publish(store, { label: 'RUN a' });
  const child = await publish(store, { label: 'RUN b', parent: parent.id });
  const alone = await publish(store, { label: 'RUN alone' });
  store.remove([parent.id, alone.id]);
  const find = (...labels: string[]) => store.findDeepest({ steps: chain(...labels), digest: digestFrom({}) });
  t.deepEqual(find('RUN alone').misses, [{ reason: 'evicted' }]);
  now += 31 * 24 * 3_600_000;
  store.sweep();
  // Its history is left: the key is known, the snapshot is not.
  t.deepEqual(find('RUN alone').misses, [{ reason: 'evicted' }]);
  t.is(find('RUN a', 'RUN b').hit?.snapshot.id, child.id);
  t.is(countRows(home, 'snapshot'), 2);
  store.remove([child.id]);
  now += 31 * 24 * 3_600_000;
  store.sweep();
  store.sweep();
  for (const table of ['snapshot', 'weak_path_set', 'path_set', 'dependency', 'pending']) {
    t.is(countRows(home, table), 0, table);
  }
});

test('what was discarded or published is no longer pending', async (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  store.discard(store.begin());
  await store.publish(store.begin(), publication());
  t.is(countRows(home, 'pending'), 0);
});

function countRows(home: string, table: string): number {
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows']);
}
