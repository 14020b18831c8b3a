import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { publication, QUICK_PLACE, scratchFolder } from './scratch.ts';
import { openStoreUpkeep } from '../../snapshots/index.ts';
import { atEachStop } from './stopped-disk.ts';
import { assertSound, wordLineage, wordSquash } from './word-lineage.ts';

const { signal } = new AbortController();
const CONTENT = Buffer.from('page of memory '.repeat(3000));

test.serial(
  'killed before any change of the disk, packing leaves a snapshot that verifies and gives back its files',
  async (t) => {
    const home = scratchFolder(t, QUICK_PLACE);
    const id = await publishMemory(home);
    const stops = await atEachStop(
      home,
      (upkeep) => upkeep.pack(upkeep.store.get(id)!, ['memory'], signal),
      async (upkeep, point) => {
        const { store } = upkeep;
        t.deepEqual(await store.verify(id), { ok: true }, point);
        await upkeep.tidy();
        const snapshot = store.get(id)!;
        const strays = readdirSync(snapshot.folder).filter(
          (name) => !/^(manifest\.json|memory(\.zst)?|read-set)$/.test(name),
        );
        t.deepEqual(strays, [], point);
        await upkeep.pack(snapshot, ['memory'], signal);
        t.false(existsSync(join(snapshot.folder, 'memory')), point);
        t.deepEqual(await store.unpack(id), { ok: true }, point);
        t.deepEqual(readFileSync(join(snapshot.folder, 'memory')), CONTENT, point);
      },
    );
    t.true(stops >= 4, String(stops));
  },
);

test.serial(
  'killed before any change of the disk, putting on less leaves everything restorable, and the next upkeep goes on',
  async (t) => {
    const made = await wordLineage(t, scratchFolder(t, QUICK_PLACE));
    const [, old, middle] = made.snapshots;
    made.upkeep[Symbol.dispose]();
    const stops = await atEachStop(
      made.home,
      (upkeep) => upkeep.detach(middle.id, wordSquash, signal),
      async (upkeep, point) => {
        const left = { ...made, upkeep };
        await assertSound(t, left, point);
        await upkeep.tidy();
        await assertSound(t, left, point);
        for (const { id, folder, dependsOn } of upkeep.store.list()) {
          const isDetached = id === middle.id && dependsOn.length === 1;
          const state = isDetached ? ['memory'] : ['devices', 'memory'];
          t.deepEqual(readdirSync(folder).sort(), [...state, 'manifest.json', 'read-set'].sort(), point);
          t.notRegex(readFileSync(join(folder, 'manifest.json'), 'utf8'), /"next"/, point);
        }
        if (upkeep.store.get(middle.id)!.dependsOn.length > 1)
          t.is(await upkeep.detach(middle.id, wordSquash, signal), 'detached', point);
        t.deepEqual(upkeep.store.remove([old.id]).removed, [old.id], point);
        await assertSound(t, left, point);
      },
    );
    t.true(stops >= 8, String(stops));
  },
);

async function publishMemory(home: string) {
  using upkeep = await openStoreUpkeep({ home });
  const pending = upkeep.store.begin();
  writeFileSync(join(pending.folder, 'memory'), CONTENT);
  return (await upkeep.store.publish(pending, publication())).id;
}
