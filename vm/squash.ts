import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { type MachineState, type PrivateMemoryState, STATE_FILES } from './machine-state.ts';
import { squashDisk } from './qemu-img.ts';
import { mergeDeltas, writeWholeBase } from './squash-memory.ts';

/** What the deltas of a chain may store, as a part of what their base does: every restore writes them into memory. */
const DELTAS_BY_BASE = 0.5;
/** Of stat(2)'s st_blocks. */
const BLOCK_BYTES = 512;

export interface SquashOptions {
  /** Ends the work; what is in the folder then is of no use. */
  readonly signal?: AbortSignal | undefined;
}

/** From here on a restore that has to write them takes 0.3 s longer than from a base alone. */
const HEAVY_BYTES = 256 << 20;

/**
 * Whether the deltas of a state are so large that a base of its own, which {@link squashState} makes then, is worth its room: a
 * restore maps either, but where the library for that cannot be loaded (memory-order.ts) it writes deltas into memory. Throws `SNAPSHOT_DAMAGED` where a file is missing.
 */
export function isHeavy(state: MachineState, heavyBytes = HEAVY_BYTES): boolean {
  return state.format === 'private' && deltaBytes(state) > heavyBytes && isLarge(state);
}

/**
 * Writes the machine of `state` once more, into an empty `folder`, so that it stands on `foundation` (the state that its
 * base image's boot left) and on nothing else: one delta, or a base of its own where that delta would be large; one disk
 * file. That delta and that disk may also take the place of the state's own ones, as long as what lies below those is there.
 * Nothing that exists is changed. Throws `SNAPSHOT_DAMAGED` where a file of the state is not whole, and
 * `CACHE_UNUSABLE` where the disk cannot be written.
 */
export async function squashState(
  state: MachineState,
  foundation: MachineState,
  folder: string,
  { signal }: SquashOptions = {},
): Promise<MachineState> {
  const disk = join(folder, STATE_FILES.disk);
  await squashDisk(disk, state.disk, foundation.disk, signal);
  if (state.format !== 'private') return { ...state, stream: copied(state.stream, folder, STATE_FILES.stream), disk };
  if (foundation.format !== 'private') throw new LayerError('SNAPSHOT_DAMAGED', 'A state and its base differ in kind');
  const deviceState = copied(state.deviceState, folder, STATE_FILES.deviceState);
  const memory = await squashMemory(state, foundation, folder, signal);
  return { format: 'private', ...memory, deviceState, disk };
}

async function squashMemory(
  state: PrivateMemoryState,
  foundation: PrivateMemoryState,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Pick<PrivateMemoryState, 'memoryBase' | 'memoryDeltas'>> {
  if (state.memoryBase !== foundation.memoryBase || isLarge(state)) {
    const memoryBase = join(folder, STATE_FILES.memoryBase);
    await writeWholeBase(state, memoryBase, signal);
    return { memoryBase, memoryDeltas: [] };
  }
  if (state.memoryDeltas.length === 0) return { memoryBase: foundation.memoryBase, memoryDeltas: [] };
  const delta = join(folder, STATE_FILES.memoryDelta);
  await mergeDeltas(state, delta, signal);
  return { memoryBase: foundation.memoryBase, memoryDeltas: [delta] };
}

function isLarge(state: PrivateMemoryState): boolean {
  return deltaBytes(state) > DELTAS_BY_BASE * allocatedBytes(state.memoryBase);
}

function deltaBytes({ memoryDeltas }: PrivateMemoryState): number {
  return memoryDeltas.reduce((sum, file) => sum + allocatedBytes(file), 0);
}

function allocatedBytes(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new LayerError('SNAPSHOT_DAMAGED', `${file} is missing`);
  return found.blocks * BLOCK_BYTES;
}

function copied(from: string, folder: string, name: string): string {
  const to = join(folder, name);
  copyFileSync(from, to);
  return to;
}
