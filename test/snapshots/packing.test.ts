import { hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { openStoreUpkeep, type Snapshot, type StoreUpkeep } from '../../snapshots/index.ts';
import { publication, publish, scratchFolder } from './scratch.ts';

const { signal } = new AbortController();
const FILES = ['memory'];
/** Compresses well, is not aligned to anything, and has a hole in its middle. */
const CONTENT = Buffer.concat([
  Buffer.from('page of memory '.repeat(3000)),
  Buffer.alloc(200_000),
  Buffer.from('another page '.repeat(2000)),
]);

async function scratchUpkeep(t: ExecutionContext, home = scratchFolder(t)): Promise<StoreUpkeep> {
  const upkeep = await openStoreUpkeep({ home });
  t.teardown(() => upkeep[Symbol.dispose]());
  return upkeep;
}

async function publishMemory({ store }: StoreUpkeep, content = CONTENT): Promise<Snapshot> {
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'memory'), content);
  writeFileSync(join(pending.folder, 'devices'), content);
  return await store.publish(pending, publication());
}

test('a packed snapshot takes less, verifies, and is given back as it was when it is wanted', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const { store } = upkeep;
  const snapshot = await publishMemory(upkeep);
  const freed = await upkeep.pack(snapshot, FILES, signal);
  t.deepEqual(readdirSync(snapshot.folder).sort(), ['devices', 'manifest.json', 'memory.zst', 'read-set']);
  t.is(store.get(snapshot.id)!.sizeBytes, snapshot.sizeBytes - freed);
  t.true(freed > 50_000);
  t.true(upkeep.survey()[0]!.isPacked);
  t.deepEqual(await store.verify(snapshot.id), { ok: true });
  using _lease = store.lease([snapshot.id])!;
  t.deepEqual(await store.unpack(snapshot.id), { ok: true });
  t.deepEqual(readFileSync(join(snapshot.folder, 'memory')), CONTENT);
  t.true(statSync(join(snapshot.folder, 'memory')).blocks * 512 < CONTENT.length - 150_000);
  t.deepEqual(await store.verify(snapshot.id), { ok: true });
  t.deepEqual(readdirSync(snapshot.folder).sort(), ['devices', 'manifest.json', 'memory', 'memory.zst', 'read-set']);
});

test('what was unpacked is dropped again without being compressed anew', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const snapshot = await publishMemory(upkeep);
  await upkeep.pack(snapshot, FILES, signal);
  const { ino } = statSync(join(snapshot.folder, 'memory.zst'));
  await upkeep.store.unpack(snapshot.id);
  t.true((await upkeep.pack(snapshot, FILES, signal)) > 0);
  t.false(existsSync(join(snapshot.folder, 'memory')));
  t.is(statSync(join(snapshot.folder, 'memory.zst')).ino, ino);
});

test('what a process uses is not packed away under it', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const snapshot = await publishMemory(upkeep);
  const lease = upkeep.store.lease([snapshot.id])!;
  t.is(await upkeep.pack(snapshot, FILES, signal), 0);
  t.true(existsSync(join(snapshot.folder, 'memory')));
  t.deepEqual(await upkeep.store.verify(snapshot.id), { ok: true });
  lease[Symbol.dispose]();
  t.true((await upkeep.pack(snapshot, FILES, signal)) > 0);
});

test('what does not get smaller stays as it is, and is not tried again', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const snapshot = await publishMemory(upkeep, crypto.getRandomValues(Buffer.alloc(60_000)));
  t.is(await upkeep.pack(snapshot, FILES, signal), 0);
  const manifest = readFileSync(join(snapshot.folder, 'manifest.json'), 'utf8');
  t.regex(manifest, /"name":"memory","sizeBytes":60000,"sha256":"\w+","packed":null/);
  t.is(await upkeep.pack(snapshot, FILES, signal), 0);
  t.deepEqual(readdirSync(snapshot.folder).sort(), ['devices', 'manifest.json', 'memory', 'read-set']);
});

test('a file that is damaged already is not packed', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const snapshot = await publishMemory(upkeep);
  flipByte(join(snapshot.folder, 'memory'), 7);
  t.is(await upkeep.pack(snapshot, FILES, signal), 0);
  t.deepEqual(await upkeep.damages(snapshot), [
    { damaged: snapshot.id, file: 'memory', why: 'does not match its checksum' },
  ]);
});

const damages: readonly (readonly [string, (packed: string) => void])[] = [
  ['is cut off', (packed) => truncateSync(packed, 100)],
  ['has a flipped byte', (packed) => flipByte(packed, 300)],
  ['is missing', (packed) => rmSync(packed)],
];

for (const [what, damage] of damages) {
  test(`a packed form that ${what} is found, and nothing is made of it`, async (t) => {
    const upkeep = await scratchUpkeep(t);
    const snapshot = await publishMemory(upkeep);
    await upkeep.pack(snapshot, FILES, signal);
    damage(join(snapshot.folder, 'memory.zst'));
    t.like(await upkeep.store.verify(snapshot.id), { ok: false, file: 'memory' });
    t.like(await upkeep.store.unpack(snapshot.id), { ok: false, damaged: snapshot.id, file: 'memory' });
    t.false(existsSync(join(snapshot.folder, 'memory')));
    t.deepEqual(
      readdirSync(snapshot.folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });
}

test('unpacking brings back all that a snapshot depends on', async (t) => {
  const upkeep = await scratchUpkeep(t);
  const base = await publishMemory(upkeep);
  const child = await publish(upkeep.store, { parent: base.id, dependsOn: [base.id] });
  await upkeep.pack(base, FILES, signal);
  t.deepEqual(await upkeep.store.unpack(child.id), { ok: true });
  t.true(existsSync(join(base.folder, 'memory')));
});

test('an index that is rebuilt finds packed snapshots', async (t) => {
  const home = scratchFolder(t);
  {
    using upkeep = await openStoreUpkeep({ home });
    await upkeep.pack(await publishMemory(upkeep), FILES, signal);
  }
  rmSync(join(home, 'index.sqlite'));
  const upkeep = await scratchUpkeep(t, home);
  const [snapshot] = upkeep.survey();
  t.true(snapshot!.isPacked);
  t.deepEqual(await upkeep.store.unpack(snapshot!.id), { ok: true });
});

test('manifests of former formats are read, and become ones of this format when they are written again', async (t) => {
  const upkeep = await scratchUpkeep(t);
  for (const format of [1, 2]) {
    const snapshot = await publishMemory(upkeep);
    const manifest = join(snapshot.folder, 'manifest.json');
    const { body } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly body: object };
    writeFileSync(manifest, JSON.stringify({ format, checksum: hash('sha256', JSON.stringify(body)), body }));
    t.deepEqual(await upkeep.store.verify(snapshot.id), { ok: true });
    await upkeep.pack(snapshot, FILES, signal);
    t.regex(readFileSync(manifest, 'utf8'), /^\{"format":3,/);
    t.deepEqual(await upkeep.store.verify(snapshot.id), { ok: true });
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format":3', '"format":4'));
    t.like(await upkeep.store.verify(snapshot.id), { ok: false, why: 'has another format' });
  }
});

function flipByte(path: string, position: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([0x5a]), 0, 1, position);
  closeSync(file);
}
