import { openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { Snapshot } from '../../snapshots/index.ts';
import { chain, digestFrom, publish, scratchStore } from './scratch.ts';

const damages: readonly (readonly [string, (snapshot: Snapshot) => void, string])[] = [
  ['is truncated', ({ folder }) => truncateSync(join(folder, 'state'), 3), 'has 3 bytes instead of 14'],
  ['has a flipped bit', ({ folder }) => flipBit(join(folder, 'state')), 'does not match its checksum'],
  ['is missing', ({ folder }) => rmSync(join(folder, 'state')), 'is missing'],
];

for (const [what, damage, why] of damages) {
  test(`a file that ${what} is found, and the snapshot and its dependents are forgotten`, async (t) => {
    const store = scratchStore(t);
    const sound = await publish(store);
    const base = await publish(store);
    const child = await publish(store, { parent: base.id, dependsOn: [base.id] });
    t.deepEqual(await store.verify(child.id), { ok: true });
    damage(base);
    const expected = { ok: false, damaged: base.id, file: 'state', why } as const;
    t.deepEqual(await store.verify(base.id), expected);
    t.deepEqual(await store.verify(child.id), expected);
    t.deepEqual([...store.forget(base.id)].sort(), [base.id, child.id].sort());
    t.deepEqual(
      store.list().map(({ id }) => id),
      [sound.id],
    );
    t.is(store.findDeepest({ steps: chain('RUN x'), digest: digestFrom({}) }).hit?.snapshot.id, sound.id);
  });
}

test('every file of a snapshot is vouched for, the manifest included', async (t) => {
  const store = scratchStore(t);
  const snapshot = await publish(store);
  for (const file of ['manifest.json', 'read-set', 'state']) {
    const path = join(snapshot.folder, file);
    const good = readFileSync(path);
    for (let position = 0; position < good.length; position += 5) {
      flipBit(path, position);
      t.like(await store.verify(snapshot.id), { ok: false }, `${file} at ${position}`);
      writeFileSync(path, good);
    }
  }
  t.deepEqual(await store.verify(snapshot.id), { ok: true });
});

test('big files are only checked for their size where the caller says so', async (t) => {
  const store = scratchStore(t);
  const snapshot = await publish(store, { observations: [] });
  flipBit(join(snapshot.folder, 'state'));
  t.deepEqual(await store.verify(snapshot.id, { hashUpToBytes: 10 }), { ok: true });
  t.like(await store.verify(snapshot.id, { hashUpToBytes: 14 }), { ok: false });
});

test('files that a living process uses are left in place when their snapshot is forgotten, until a sweep', async (t) => {
  const store = scratchStore(t);
  const snapshot = await publish(store);
  const lease = store.lease([snapshot.id]);
  store.forget(snapshot.id);
  t.deepEqual(store.sweep(), []);
  t.is(readFileSync(join(snapshot.folder, 'state'), 'utf8'), 'state of RUN x');
  lease?.[Symbol.dispose]();
  t.deepEqual(store.sweep(), [snapshot.id]);
});

function flipBit(path: string, position = 1): void {
  const bytes = readFileSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([(bytes[position] ?? 0) ^ 1]), 0, 1, position);
  closeSync(file);
}
