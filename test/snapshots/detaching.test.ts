import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import test from 'ava';

import { type Detacher, openSnapshotStore } from '../../snapshots/index.ts';
import { readManifest } from '../../snapshots/manifest.ts';
import { publication } from './scratch.ts';
import { assertSound, wordLineage as lineage, wordSquash as squash } from './word-lineage.ts';

const { signal } = new AbortController();

test('a snapshot that is put on less keeps its id and what builds on it, and its parent can go', async (t) => {
  const made = await lineage(t);
  const { upkeep, snapshots } = made;
  const [base, old, middle, child] = snapshots;
  t.deepEqual(upkeep.store.remove([old.id]).kept, [{ id: old.id, why: 'needed' }]);
  t.is(await upkeep.detach(middle.id, squash, signal), 'detached');
  t.deepEqual(upkeep.store.get(middle.id)!.dependsOn, [base.id]);
  t.deepEqual(upkeep.store.get(child.id)!.dependsOn, [base.id, middle.id].sort());
  t.deepEqual(upkeep.store.remove([old.id]).removed, [old.id]);
  t.false(existsSync(old.folder));
  await assertSound(t, made);
  t.deepEqual(upkeep.store.lineageObservations(child.id), []);
  for (const { folder } of [middle, child]) t.notRegex(readFileSync(join(folder, 'manifest.json'), 'utf8'), /"next"/);
});

test('an index that is rebuilt knows what was put on less', async (t) => {
  const { home, upkeep, snapshots } = await lineage(t);
  const [base, old, middle, child] = snapshots;
  await upkeep.detach(middle.id, squash, signal);
  upkeep.store.remove([old.id]);
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(home, `index.sqlite${suffix}`), { force: true });
  using store = openSnapshotStore({ home });
  // Its key is lost with the tombstone, so what is below it is not taken in; the base is.
  t.deepEqual(
    store.list().map(({ id }) => id),
    [base.id],
  );
  t.is(readManifest(child.folder).kind, 'manifest');
});

test('what a process uses, or something that builds on it, is left as it is', async (t) => {
  for (const used of [1, 2, 3]) {
    const made = await lineage(t);
    const { upkeep, snapshots } = made;
    const middle = snapshots[2];
    const user = openSnapshotStore({ home: made.home });
    const lease = user.lease([snapshots[used]!.id])!;
    const expected = used === 1 ? 'detached' : 'in-use';
    t.is(await upkeep.detach(middle.id, squash, signal), expected, String(used));
    if (used !== 1) t.deepEqual(upkeep.store.get(middle.id), middle);
    await assertSound(t, made);
    t.notRegex(readFileSync(join(middle.folder, 'manifest.json'), 'utf8'), /"next"/);
    lease[Symbol.dispose]();
    user[Symbol.dispose]();
  }
});

test('a lease that is taken while it is got ready wins', async (t) => {
  const made = await lineage(t);
  const [, , middle, child] = made.snapshots;
  using user = openSnapshotStore({ home: made.home });
  const outcome = await made.upkeep.detach(
    middle.id,
    (request) => {
      t.truthy(user.lease([child.id]));
      return squash(request);
    },
    signal,
  );
  t.is(outcome, 'in-use');
  await assertSound(t, made);
});

test('a detacher that cannot, or fails, changes nothing and leaves nothing behind', async (t) => {
  const made = await lineage(t);
  const { upkeep, snapshots, home } = made;
  t.is(await upkeep.detach(snapshots[2].id, () => Promise.resolve(null), signal), 'refused');
  const failing: Detacher = ({ folder }) => {
    writeFileSync(join(folder, 'memory'), 'half');
    return Promise.reject(new Error('no memory'));
  };
  await t.throwsAsync(upkeep.detach(snapshots[2].id, failing, signal), { message: 'no memory' });
  t.deepEqual(upkeep.store.get(snapshots[2].id), snapshots[2]);
  await assertSound(t, made);
  t.deepEqual(countPending(home), 0);
});

function countPending(home: string): number {
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  return Number(database.prepare('SELECT count(*) AS rows FROM pending').get()?.['rows']);
}

test('where something new stands on it by then, it is left as it is', async (t) => {
  const made = await lineage(t);
  const [, , middle] = made.snapshots;
  using other = openSnapshotStore({ home: made.home });
  const outcome = await made.upkeep.detach(
    middle.id,
    async (request) => {
      await other.publish(other.begin(), publication({ parent: middle.id, dependsOn: [middle.id] }));
      return await squash(request);
    },
    signal,
  );
  t.is(outcome, 'in-use');
  await assertSound(t, made);
});
