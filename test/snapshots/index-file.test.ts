import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import test, { type ExecutionContext } from 'ava';

import { openSnapshotStore, type Snapshot } from '../../snapshots/index.ts';
import { chain, digestFrom, observation, publish, scratchFolder } from './scratch.ts';

interface Filled {
  readonly home: string;
  readonly index: string;
  readonly first: Snapshot;
  readonly second: Snapshot;
}

/** A home with two snapshots of one lineage and its index. */
async function filledHome(t: ExecutionContext): Promise<Filled> {
  const home = scratchFolder(t);
  using store = openSnapshotStore({ home });
  const first = await publish(store, { label: 'RUN a', observations: [observation('content a', '1')] });
  const second = await publish(store, {
    label: 'RUN b',
    parent: first.id,
    dependsOn: [first.id],
    payload: { deep: true },
    history: { workspace: '/w', layerfile: 'Layerfile', step: '2' },
  });
  return { home, index: join(home, 'index.sqlite'), first, second };
}

function assertWhole(t: ExecutionContext, { home, first, second }: Filled): readonly string[] {
  const warnings: string[] = [];
  using store = openSnapshotStore({ home, onWarning: (message) => warnings.push(message) });
  const digest = digestFrom({ 'content a': '1' });
  const { hit } = store.findDeepest({ steps: chain('RUN a', 'RUN b'), digest });
  t.deepEqual(hit?.snapshot, second);
  t.deepEqual(hit?.lineage, [first.id, second.id]);
  t.deepEqual(store.list(), [first, second]);
  const history = { workspace: '/w', layerfile: 'Layerfile', step: '2' };
  t.is(store.lastRun(history, first.id, [{ instruction: 'RUN b' }])?.id, second.id);
  return warnings;
}

const damages: readonly (readonly [string, (index: string) => void])[] = [
  ['is not a database', (index) => writeFileSync(index, 'this is a text, and quite a long one, about nothing at all')],
  ['is malformed inside', (index) => writeFileSync(index, garbled(readFileSync(index)))],
  ['has a wrong letter in its schema', (index) => writeFileSync(index, misspelled(readFileSync(index)))],
  ['has lost its end', (index) => truncateSync(index, 8192)],
];

for (const [what, damage] of damages) {
  test(`an index that ${what} is moved aside and rebuilt from the manifests, and the user is told`, async (t) => {
    const filled = await filledHome(t);
    damage(filled.index);
    const warnings = assertWhole(t, filled);
    t.is(warnings.length, 1);
    t.regex(warnings[0]!, /index was damaged: moved to .*index\.sqlite\.damaged/);
    t.true(existsSync(`${filled.index}.damaged`));
    t.deepEqual(assertWhole(t, filled), []);
  });
}

for (const [what, damage] of [
  ['deleted', (index: string) => rmSync(index)],
  ['emptied', (index: string) => truncateSync(index)],
] as const) {
  test(`an index that was ${what} is rebuilt from the manifests`, async (t) => {
    const filled = await filledHome(t);
    damage(filled.index);
    t.deepEqual(assertWhole(t, filled), []);
  });
}

test('a value that no version would have stored counts as damage', async (t) => {
  const filled = await filledHome(t);
  {
    using database = new DatabaseSync(filled.index);
    database.exec("UPDATE path_set SET body = x'ff00ff'");
  }
  t.is(assertWhole(t, filled).length, 1);
});

test('damage that shows while the store is in use is survived as well', async (t) => {
  const filled = await filledHome(t);
  const warnings: string[] = [];
  using store = openSnapshotStore({ home: filled.home, onWarning: (message) => warnings.push(message) });
  {
    using database = new DatabaseSync(filled.index);
    database.exec("UPDATE path_set SET body = x'ff00ff'");
  }
  t.deepEqual(store.observations(filled.first.id), [observation('content a', '1')]);
  t.is(warnings.length, 1);
  t.is((await publish(store, { parent: filled.second.id })).parent, filled.second.id);
});

test('a rebuilt index leaves out snapshots with a gap in their lineage', async (t) => {
  const { home, index, first } = await filledHome(t);
  rmSync(index);
  rmSync(join(first.folder, 'manifest.json'));
  using store = openSnapshotStore({ home });
  t.deepEqual(store.list(), []);
});

test('a newer index is refused and left alone', async (t) => {
  const { home, index } = await filledHome(t);
  {
    using database = new DatabaseSync(index);
    database.exec('PRAGMA user_version = 99');
  }
  const before = readFileSync(index);
  const error = t.throws(() => openSnapshotStore({ home }), { code: 'CACHE_TOO_NEW' });
  t.regex((error as Error & { hint: string }).hint, /LAYER_HOME/);
  t.deepEqual(readFileSync(index), before);
});

test('a home that cannot be written to is reported with a hint', (t) => {
  const home = join(scratchFolder(t), 'file');
  writeFileSync(home, '');
  const error = t.throws(() => openSnapshotStore({ home: join(home, 'home') }), { code: 'CACHE_UNUSABLE' });
  t.regex((error as Error & { hint: string }).hint, /LAYER_HOME/);
});

/** Keeps the header and the schema, breaks every later page. */
function garbled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xab)]);
}

test('an index of the first version is brought to this one, with its histories', async (t) => {
  const filled = await filledHome(t);
  {
    using database = new DatabaseSync(filled.index);
    database.exec(`UPDATE weak_path_set SET newest_seq = (SELECT min(seq) FROM snapshot
      WHERE snapshot.weak = weak_path_set.weak AND snapshot.path_set = weak_path_set.path_set);
      ALTER TABLE snapshot DROP COLUMN hits;
      DROP TABLE failed_state;
      PRAGMA user_version = 1`);
  }
  t.deepEqual(assertWhole(t, filled), []);
  using database = new DatabaseSync(filled.index);
  t.is(database.prepare('PRAGMA user_version').get()?.['user_version'], 4);
  const newest = database.prepare('SELECT newest_seq FROM weak_path_set').all();
  t.deepEqual(
    newest.map((row) => row['newest_seq']),
    [2, 2],
  );
});

/** The column of a table has another name. */
function misspelled(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace('  body BLOB', '  bodx BLOB'), 'latin1');
}
