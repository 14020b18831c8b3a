import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import test from 'ava';

import {
  chooseEvictions,
  openSnapshotStore,
  openStoreUpkeep,
  type Snapshot,
  type SnapshotStore,
} from '../../snapshots/index.ts';
import { chain, digestFrom, observation, publish, scratchFolder, scratchStore } from './scratch.ts';

const SECOND = { workspace: '/w', layerfile: 'Layerfile', step: '2' };
const digest = digestFrom({ 'content a': '1' });

/** The machine after `RUN a`, and what `RUN b` left in failing, which read `a`. */
async function withFailure(store: SnapshotStore): Promise<{ readonly parent: Snapshot; readonly failed: Snapshot }> {
  const parent = await publish(store, { label: 'RUN a' });
  return { parent, failed: await fail(store, parent) };
}

async function fail(store: SnapshotStore, parent: Snapshot): Promise<Snapshot> {
  return publish(store, {
    label: 'RUN b',
    parent: parent.id,
    dependsOn: [parent.id],
    observations: [observation('content a', '1')],
    history: SECOND,
    failed: true,
  });
}

async function succeed(store: SnapshotStore, parent: Snapshot): Promise<Snapshot> {
  return publish(store, { label: 'RUN b', parent: parent.id, dependsOn: [parent.id], history: SECOND });
}

test('no look-up finds a failed state, and the history does not know it', async (t) => {
  const store = scratchStore(t);
  const { parent, failed } = await withFailure(store);
  const { hit, misses } = store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest });
  t.is(hit?.snapshot.id, parent.id);
  t.deepEqual(misses, [{ reason: 'new' }]);
  t.is(store.lastRun(SECOND, parent.id, [{ instruction: 'RUN b' }]), null);
  t.is(store.lastLeft(SECOND), null);
  t.is(store.lastDurationMs(SECOND), null);
  t.deepEqual(store.failedState(SECOND), failed);
  t.deepEqual(store.lineageObservations(failed.id), [observation('content a', '1')]);
});

test('nothing goes on from a failed state', async (t) => {
  const store = scratchStore(t);
  const { failed } = await withFailure(store);
  await t.throwsAsync(publish(store, { label: 'RUN c', parent: failed.id }), { message: /no child/ });
});

test('a failed state takes the place of the former one of its step, and goes when the step succeeds', async (t) => {
  const home = scratchFolder(t);
  const store = openSnapshotStore({ home });
  t.teardown(() => store[Symbol.dispose]());
  const { parent, failed } = await withFailure(store);
  const newer = await fail(store, parent);
  t.is(store.failedState(SECOND)?.id, newer.id);
  t.false(existsSync(failed.folder));
  const after = await succeed(store, parent);
  store.dropFailedState(SECOND);
  t.is(store.failedState(SECOND), null);
  t.deepEqual(readdirSync(join(home, 'snapshots')).sort(), [parent.id, after.id].sort());
  t.is(store.lastLeft(SECOND)?.id, after.id);
});

test('one that somebody uses outlives its successor, until a sweep finds it unused', async (t) => {
  const store = scratchStore(t);
  const { parent, failed } = await withFailure(store);
  const lease = store.lease([failed.id])!;
  const newer = await fail(store, parent);
  t.is(store.failedState(SECOND)?.id, newer.id);
  t.deepEqual(store.sweep(), []);
  t.deepEqual(await store.verify(failed.id), { ok: true });
  lease[Symbol.dispose]();
  t.deepEqual(store.sweep(), [failed.id]);
  t.deepEqual(await store.verify(newer.id), { ok: true });
});

test('it is counted, checked and known for what it is, and is no newest of its step', async (t) => {
  const home = scratchFolder(t);
  using upkeep = await openStoreUpkeep({ home });
  const { parent } = await withFailure(upkeep.store);
  const after = await succeed(upkeep.store, parent);
  const failed = await fail(upkeep.store, parent);
  t.deepEqual(
    upkeep.survey().map(({ id, isFailed, isNewest }) => [id, isFailed, isNewest]),
    [
      [parent.id, false, true],
      [after.id, false, true],
      [failed.id, true, false],
    ],
  );
  t.true(upkeep.store.totalSizeBytes() >= parent.sizeBytes + after.sizeBytes + failed.sizeBytes);
  writeFileSync(join(failed.folder, 'state'), 'another state of RUN');
  t.like(await upkeep.store.verify(failed.id), { ok: false, damaged: failed.id, file: 'state' });
  upkeep.store.forget(failed.id);
  t.is(upkeep.store.failedState(SECOND), null);
});

test('it is evicted first of all, however new it is', async (t) => {
  using upkeep = await openStoreUpkeep({ home: scratchFolder(t) });
  const { parent, failed } = await withFailure(upkeep.store);
  const after = await succeed(upkeep.store, parent);
  const keepBytes = upkeep.store.totalSizeBytes() - 1;
  const later = Date.now() + 3_600_000;
  t.deepEqual(chooseEvictions(upkeep.survey(), { keepBytes }, Date.now()), [failed.id]);
  t.deepEqual(chooseEvictions(upkeep.survey(), { keepBytes }, later), [failed.id]);
  t.deepEqual(
    chooseEvictions(upkeep.survey(), { keepBytes: 0 }, later).sort(),
    [failed.id, after.id, parent.id].sort(),
  );
});

test('a sweep leaves nothing of one that was removed in the index', async (t) => {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const { failed } = await withFailure(store);
  store.remove([failed.id]);
  store.sweep();
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  t.is(database.prepare('SELECT count(*) AS rows FROM snapshot').get()?.['rows'], 1);
  t.is(database.prepare('SELECT count(*) AS rows FROM failed_state').get()?.['rows'], 0);
});

test('an index that is rebuilt knows the newest failed state as one, and still finds nothing by it', async (t) => {
  const home = scratchFolder(t);
  let expected: Snapshot;
  {
    using store = openSnapshotStore({ home });
    ({ failed: expected } = await withFailure(store));
  }
  rmSync(join(home, 'index.sqlite'));
  using store = openSnapshotStore({ home });
  t.deepEqual(store.failedState(SECOND), expected);
  t.is(store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest }).hit?.restoredSteps, 1);
  t.is(store.lastLeft(SECOND), null);
});
