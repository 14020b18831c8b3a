import { execFileSync } from 'node:child_process';

import { PAGE_BYTES } from '../../vm/memory-delta.ts';
import { ProcessMemory } from '../../vm/process-memory.ts';
import { PrivateMemorySaver } from '../../vm/state-saver.ts';

const CLUSTER_BYTES = 1 << 16;
const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);

/** What a step left to be saved in a machine that was restored for it. */
export interface DirtyMemory {
  /** Pages that were written and are not zero, whether or not they are now what they were before. */
  readonly bytes: number;
  /** How long it took to count them, while the machine stood still. */
  readonly countedMs: number;
  readonly countedCpuMs: number;
}

/** Does `save`, and counts what of memory was dirty as it was saved. */
export async function countingDirty<T>(save: () => Promise<T>): Promise<readonly [T, DirtyMemory]> {
  let counted: DirtyMemory = { bytes: NaN, countedMs: 0, countedCpuMs: 0 };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const saveState = PrivateMemorySaver.prototype.save;
  PrivateMemorySaver.prototype.save = async function (qemu, ...rest) {
    const saved = await saveState.call(this, qemu, ...rest);
    const [started, startedCpu] = [performance.now(), process.cpuUsage()];
    using memory = new ProcessMemory(qemu.memory);
    const bytes = nonZeroBytes(memory);
    const { user, system } = process.cpuUsage(startedCpu);
    counted = { bytes, countedMs: performance.now() - started, countedCpuMs: (user + system) / 1000 };
    return saved;
  };
  try {
    return [await save(), counted];
  } finally {
    PrivateMemorySaver.prototype.save = saveState;
  }
}

function nonZeroBytes(memory: ProcessMemory): number {
  const page = Buffer.alloc(PAGE_BYTES);
  let bytes = 0;
  for (const [first, end] of memory.writtenPages()) {
    for (let number = first; number < end; number++) {
      memory.read(number, page);
      if (!page.equals(ZERO_PAGE)) bytes += PAGE_BYTES;
    }
  }
  return bytes;
}

/** The clusters that a disk file has of its own, in bytes. */
export function dirtyClusterBytes(disk: string): number {
  const text = execFileSync('qemu-img', ['map', '--output=json', '-U', disk], { encoding: 'utf8', maxBuffer: 1 << 30 });
  const stretches = JSON.parse(text) as { start: number; length: number; depth: number }[];
  const clusters = new Set<number>();
  for (const { start, length, depth } of stretches)
    if (depth === 0)
      for (let at = Math.floor(start / CLUSTER_BYTES); at * CLUSTER_BYTES < start + length; at++) clusters.add(at);
  return clusters.size * CLUSTER_BYTES;
}
