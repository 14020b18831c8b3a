import { randomBytes } from 'node:crypto';
import {
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { createMemoryDigestMemo, type DigestMemo } from '../../fs-tracer/index.ts';
import type { Snapshot } from '../../snapshots/index.ts';
import { chain, digestFrom, publication, publish, scratchStore } from './scratch.ts';

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

test('a snapshot that is removed while it is checked is gone, not damaged', async (t) => {
  const store = scratchStore(t);
  const { id } = await publish(store);
  const verifying = store.verify(id);
  store.remove([id]);
  t.deepEqual(await verifying, { ok: false, damaged: id, file: id, why: 'is no longer there' });
});

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

/** A snapshot with one file that is big enough to be remembered, and the digests that are. */
async function bigSnapshot(t: ExecutionContext) {
  const remembered: string[] = [];
  const memo = createMemoryDigestMemo();
  const digestMemo: DigestMemo = {
    get: (identity) => memo.get(identity),
    set: (identity, digest) => {
      remembered.push(digest);
      memo.set(identity, digest);
    },
  };
  const store = scratchStore(t, { digestMemo });
  const pending = store.begin();
  const file = join(pending.folder, 'memory');
  writeFileSync(file, randomBytes(200_000));
  const hourAgo = new Date(Date.now() - 3_600_000);
  const snapshot = await store.publish(pending, publication());
  return { store, snapshot, file, remembered, hourAgo };
}

test('a file that was hashed once is not read again until somebody touches it, and every touch shows', async (t) => {
  const { store, snapshot, file, remembered, hourAgo } = await bigSnapshot(t);
  const trusting = () => store.verify(snapshot.id, { trustUntouched: true });
  await untilSettled(file);
  t.deepEqual(await trusting(), { ok: true });
  const count = remembered.length;
  t.true(count > 0);
  t.deepEqual(await trusting(), { ok: true });
  t.is(remembered.length, count, 'it was not hashed again');
  const damage = { ok: false, damaged: snapshot.id, file: 'memory', why: 'does not match its checksum' } as const;
  flipBit(file, 100_000);
  t.deepEqual(await trusting(), damage);
  utimesSync(file, hourAgo, hourAgo);
  t.deepEqual(await trusting(), damage, 'whatever its dates say');
  flipBit(file, 100_000);
  t.deepEqual(await trusting(), { ok: true });
});

test('a file that another one took the place of is read, even if it is as long and as old', async (t) => {
  const { store, snapshot, file, hourAgo } = await bigSnapshot(t);
  utimesSync(file, hourAgo, hourAgo);
  await untilSettled(file);
  t.deepEqual(await store.verify(snapshot.id, { trustUntouched: true }), { ok: true });
  const other = `${file}.other`;
  writeFileSync(other, randomBytes(200_000));
  utimesSync(other, hourAgo, hourAgo);
  renameSync(other, file);
  t.like(await store.verify(snapshot.id, { trustUntouched: true }), { ok: false, file: 'memory' });
});

test('what was just written is hashed again by the next look: a second write could not be told from the first', async (t) => {
  const { store, snapshot, file } = await bigSnapshot(t);
  const before = statSync(file, { bigint: true }).ctimeNs;
  flipBit(file, 5);
  const isSameTick = statSync(file, { bigint: true }).ctimeNs === before;
  t.like(await store.verify(snapshot.id, { trustUntouched: true }), { ok: false }, `same tick: ${isSameTick}`);
});

/** A file's times are trusted when a clock tick has passed. */
async function untilSettled(file: string): Promise<void> {
  while (Date.now() - statSync(file).ctimeMs < 50) await new Promise(setImmediate);
}

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
