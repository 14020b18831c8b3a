import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { newSnapshotId } from '../../snapshots/snapshot.ts';
import { openSnapshotStore } from '../../snapshots/index.ts';
import { observation, publication, publish, scratchFolder, scratchStore } from './scratch.ts';

test('a published snapshot is there with all that was given, also for whoever opens the store next', async (t) => {
  const home = scratchFolder(t);
  const store = openSnapshotStore({ home, now: () => 1000 });
  const parent = await publish(store, { label: 'RUN a' });
  const pending = store.begin();
  t.is(statSync(pending.folder).mode & 0o777, 0o700);
  writeFileSync(join(pending.folder, 'memory'), Buffer.alloc(100_000, 1));
  const observations = [observation('content a', 'sha256:1'), observation('stat a', 'file 3')];
  const given = publication({
    parent: parent.id,
    dependsOn: [parent.id],
    observations,
    payload: { machine: ['q35', 512], up: true },
    durationMs: 1234.5,
  });
  const snapshot = await store.publish(pending, given);
  t.like(snapshot, { id: pending.id, folder: pending.folder, parent: parent.id, label: 'RUN x', durationMs: 1234.5 });
  t.like(snapshot, { dependsOn: [parent.id], createdAtMs: 1000, lastUsedAtMs: 1000, payload: given.payload });
  t.true(snapshot.sizeBytes >= 100_000);
  store[Symbol.dispose]();

  using again = openSnapshotStore({ home });
  t.deepEqual(again.get(snapshot.id), snapshot);
  t.deepEqual(again.observations(snapshot.id), observations);
  t.deepEqual(
    again.list().map(({ id }) => id),
    [parent.id, snapshot.id],
  );
  t.is(again.totalSizeBytes(), parent.sizeBytes + snapshot.sizeBytes);
});

test('holes in files do not count as size', async (t) => {
  const store = scratchStore(t);
  const pending = store.begin();
  const { open } = await import('node:fs/promises');
  {
    await using file = await open(join(pending.folder, 'memory'), 'w');
    await file.truncate(64 * 1024 * 1024);
  }
  const { sizeBytes, id } = await store.publish(pending, publication());
  t.true(sizeBytes < 1024 * 1024);
  t.deepEqual(await store.verify(id), { ok: true });
});

test('a pending snapshot is not visible, and discarding it leaves nothing', (t) => {
  const store = scratchStore(t);
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'memory'), 'x');
  t.is(store.get(pending.id), null);
  t.deepEqual(store.list(), []);
  store.discard(pending);
  t.false(existsSync(pending.folder));
  store.discard(pending);
});

test('discarding does nothing to a published snapshot', async (t) => {
  const store = scratchStore(t);
  const pending = store.begin();
  const { id } = await store.publish(pending, publication());
  store.discard(pending);
  t.is(store.get(id)?.id, id);
  t.true(existsSync(pending.folder));
});

test('what the lineage observed is collected over all ancestors, removed ones included', async (t) => {
  const store = scratchStore(t);
  const first = await publish(store, { observations: [observation('stat b', '1'), observation('stat c', '1')] });
  const second = await publish(store, { parent: first.id, observations: [observation('content a', '1')] });
  store.remove([first.id]);
  const expected = [observation('content a', '1'), observation('stat b', '1'), observation('stat c', '1')];
  t.deepEqual(store.lineageObservations(second.id), expected);
  t.is(store.lineageObservations(newSnapshotId()), null);
});

test('a snapshot is not published over one that is gone', async (t) => {
  const store = scratchStore(t);
  const base = await publish(store);
  store.remove([base.id]);
  const pending = store.begin();
  await t.throwsAsync(store.publish(pending, publication({ dependsOn: [base.id] })), { code: 'SNAPSHOT_DAMAGED' });
  await t.throwsAsync(store.publish(pending, publication({ parent: newSnapshotId() })), { code: 'SNAPSHOT_DAMAGED' });
  t.is(store.get(pending.id), null);
  t.is((await store.publish(pending, publication())).id, pending.id);
});

test('removing deletes the files, but not of what is leased or needed by what stays', async (t) => {
  const store = scratchStore(t);
  const base = await publish(store);
  const child = await publish(store, { parent: base.id, dependsOn: [base.id] });
  const alone = await publish(store);
  t.deepEqual(store.remove([base.id, alone.id]), { removed: [alone.id], kept: [{ id: base.id, why: 'needed' }] });
  t.false(existsSync(alone.folder));
  const lease = store.lease([child.id]);
  t.deepEqual(store.remove([base.id, child.id]), {
    removed: [],
    kept: [
      { id: base.id, why: 'leased' },
      { id: child.id, why: 'leased' },
    ],
  });
  lease?.[Symbol.dispose]();
  t.deepEqual(store.remove([base.id, child.id]), { removed: [base.id, child.id], kept: [] });
  t.deepEqual(store.list(), []);
  t.deepEqual(readdirSync(join(base.folder, '..')), []);
});

test('a lease cannot be had of what is gone', async (t) => {
  const store = scratchStore(t);
  const base = await publish(store);
  store.remove([base.id]);
  t.is(store.lease([base.id]), null);
});

test('touching moves the last use forward, at most once a minute', async (t) => {
  let now = 1_000_000;
  const store = scratchStore(t, { now: () => now });
  const { id } = await publish(store);
  const lastUse = () => store.get(id)?.lastUsedAtMs;
  now += 59_000;
  store.touch([id]);
  t.is(lastUse(), 1_000_000);
  now += 2_000;
  store.touch([id]);
  t.is(lastUse(), 1_061_000);
});

test('the last run of a step is found by the parent and the fields it had, while its snapshot is live', async (t) => {
  const store = scratchStore(t);
  const history = { workspace: '/w', layerfile: 'Layerfile', step: '3' };
  const steps = [{ instruction: 'RUN REPEATABLE make' }];
  const parent = await publish(store);
  t.is(store.lastRun(history, parent.id, steps), null);
  await publish(store, { parent: parent.id, steps, history });
  const { id } = await publish(store, { parent: parent.id, steps, history });
  t.is(store.lastRun(history, parent.id, steps)?.id, id);
  t.is(store.lastRun(history, id, steps), null);
  t.is(store.lastRun(history, parent.id, [{ instruction: 'RUN REPEATABLE make all' }]), null);
  t.is(store.lastRun({ ...history, step: '4' }, parent.id, steps), null);
  store.remove([id]);
  t.is(store.lastRun(history, parent.id, steps), null);
});

test('a run that could not be saved leaves the one before it as the last', async (t) => {
  const store = scratchStore(t);
  const history = { workspace: '/w', layerfile: 'Layerfile', step: '3' };
  const [steps, others] = [[{ instruction: 'RUN REPEATABLE make' }], [{ instruction: 'other' }]];
  const parent = await publish(store);
  const { id } = await publish(store, { parent: parent.id, steps, history });
  store.noteUnpublishable({ parent: parent.id, steps: others, label: 'other', history, paths: ['a'] });
  t.is(store.lastRun(history, parent.id, steps)?.id, id);
  t.is(store.lastRun(history, parent.id, others), null);
});

test('what a lineage began with is known by the last run of any of its steps, also when all of it was evicted', async (t) => {
  const store = scratchStore(t);
  const historyOf = (step: string) => ({ workspace: '/w', layerfile: 'Layerfile', step });
  t.is(store.originPayload(historyOf('1')), null);
  const base = await publish(store, { history: historyOf('1'), payload: { machine: 'one' } });
  const parent = await publish(store, { parent: base.id, history: historyOf('2') });
  const { id } = await publish(store, { parent: parent.id, history: historyOf('3') });
  for (const step of ['1', '2', '3']) t.deepEqual(store.originPayload(historyOf(step)), { machine: 'one' });
  store.remove([base.id, parent.id, id]);
  t.deepEqual(store.originPayload(historyOf('3')), { machine: 'one' });
  t.is(store.originPayload(historyOf('4')), null);
});
