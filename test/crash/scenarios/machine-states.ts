import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { decodePayload, encodePayload, NEW_LINEAGE } from '../../../runner/lineage-state.ts';
import { openSnapshotStore, type Snapshot, type SnapshotStore } from '../../../snapshots/index.ts';
import { createOverlay } from '../../../vm/disk-overlay.ts';
import { type PrivateMemoryState, STATE_FILES } from '../../../vm/machine-state.ts';
import { DeltaWriter, PAGE_BYTES } from '../../../vm/memory-delta.ts';
import { chainOf } from '../../../vm/state-saver.ts';
import { publication } from '../../snapshots/scratch.ts';
import { expect, type Place } from '../scenario.ts';

/** Snapshots with all the files that a machine's have, though smaller, and without the machine. */

export const MEMORY_BYTES = 120 * PAGE_BYTES;
const DISK_BYTES = 1 << 20;
export const LINEAGE = ['FROM a', 'RUN b', 'RUN c', 'RUN d'];

/** Publishes a booted machine and three steps on it, and notes in `work` what they hold. */
export async function publishMachines(place: Place): Promise<void> {
  using store = openSnapshotStore({ home: place.home });
  let parent: Snapshot | null = null;
  for (const number of LINEAGE.keys()) {
    parent = await publishMachine(store, place, number, parent);
    const { memory, disk } = contentOf(stateOf(parent), place.work);
    writeFileSync(join(place.work, `memory-${number}`), memory);
    writeFileSync(join(place.work, `disk-${number}`), disk);
  }
}

export function stateOf({ folder, payload }: Snapshot): PrivateMemoryState {
  const { machine } = decodePayload(dirname(folder), payload);
  if (machine.format !== 'private') throw new Error('only private states have pages');
  return machine;
}

/** Throws where one of the machines is gone, or has another memory or disk than it had. */
export async function expectMachines({ home, work }: Place, labels: readonly string[] = LINEAGE): Promise<void> {
  using store = openSnapshotStore({ home });
  for (const label of labels) {
    const number = LINEAGE.indexOf(label);
    const snapshot = store.list().find((each) => each.label === label);
    expect(snapshot !== undefined, `${label} is still there`);
    expect((await store.unpack(snapshot.id)).ok, `${label} is unpacked`);
    const state = stateOf(store.get(snapshot.id) ?? snapshot);
    const { memory, disk } = contentOf(state, work);
    expect(memory.equals(readFileSync(join(work, `memory-${number}`))), `${label} has its memory`);
    expect(disk.equals(readFileSync(join(work, `disk-${number}`))), `${label} has its disk`);
    expect(readFileSync(state.deviceState, 'utf8') === devices(number), `${label} has its devices`);
  }
}

function devices(number: number): string {
  return `devices ${number}`.repeat(500);
}

async function publishMachine(
  store: SnapshotStore,
  { work }: Place,
  number: number,
  parent: Snapshot | null,
): Promise<Snapshot> {
  const pending = store.begin();
  const path = (name: keyof typeof STATE_FILES): string => join(pending.folder, STATE_FILES[name]);
  const [disk, deviceState] = [path('disk'), path('deviceState')];
  const below = parent === null ? null : stateOf(parent);
  if (below === null) writeFoundation(work, path('memoryBase'));
  else writeDelta(path('memoryDelta'), number);
  createOverlay(disk, below?.disk ?? join(work, 'image.raw'), below === null ? 'raw' : 'qcow2');
  if (below !== null) writeDisk(disk, number);
  writeFileSync(deviceState, devices(number));
  const state: PrivateMemoryState = {
    format: 'private',
    memoryBase: below?.memoryBase ?? path('memoryBase'),
    memoryDeltas: below === null ? [] : [...below.memoryDeltas, path('memoryDelta')],
    deviceState,
    disk,
  };
  return store.publish(
    pending,
    publication({
      parent: parent?.id ?? null,
      dependsOn: parent === null ? [] : [...parent.dependsOn, parent.id],
      label: LINEAGE[number] ?? '',
      payload: encodePayload(dirname(pending.folder), NEW_LINEAGE, state),
      history: { workspace: '/w', layerfile: 'Layerfile', step: String(number + 1) },
    }),
  );
}

function writeFoundation(work: string, memoryBase: string): void {
  writeFileSync(memoryBase, Buffer.alloc(MEMORY_BYTES / 2, 'memory'));
  truncateSync(memoryBase, MEMORY_BYTES);
  writeFileSync(join(work, 'image.raw'), Buffer.alloc(DISK_BYTES / 2, 'image'));
  truncateSync(join(work, 'image.raw'), DISK_BYTES);
}

/** A page of its own, one that the next step changes, and one that becomes zeros. */
function writeDelta(file: string, number: number): void {
  using writer = new DeltaWriter(file);
  writer.zero(number);
  writer.store(10 + number, Buffer.alloc(2 * PAGE_BYTES, number));
  writer.finish(MEMORY_BYTES);
}

function writeDisk(file: string, number: number): void {
  const image = `driver=qcow2,file.driver=file,file.filename=${file}`;
  const commands = [`write -P ${number} ${number * 64}k 96k`, `discard ${512 + number * 64}k 64k`];
  const given = commands.flatMap((command) => ['-c', command]);
  execFileSync('qemu-io', ['--image-opts', ...given, image], { stdio: 'ignore' });
}

/** `work` is for what it needs meanwhile. */
function contentOf({ memoryBase, memoryDeltas, disk }: PrivateMemoryState, work: string): Content {
  using pages = chainOf(MEMORY_BYTES, memoryBase, memoryDeltas);
  const memory = Buffer.alloc(MEMORY_BYTES);
  pages.read(0, memory);
  const raw = join(work, 'disk.raw');
  execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', disk, raw]);
  return { memory, disk: readFileSync(raw) };
}

interface Content {
  readonly memory: Buffer;
  readonly disk: Buffer;
}
