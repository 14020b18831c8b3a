import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { LAUNCHER, QEMU } from '../../vm/helper-binaries.ts';
import { machineArguments } from '../../vm/machine-config.ts';
import { DeltaWriter, PAGE_BYTES } from '../../vm/memory-delta.ts';
import { MemoryOrder } from '../../vm/memory-order.ts';
import { MemoryThread } from '../../vm/memory-thread.ts';
import type { MemoryPlace } from '../../vm/process-memory.ts';
import { QmpClient } from '../../vm/qmp-client.ts';
import { listenOnce } from '../../vm/socket-listener.ts';
import type { Scratch } from './shared-base.ts';

const MEMORY_MIB = 64;
export const MEMORY_BYTES = MEMORY_MIB << 20;
export const PAGES = MEMORY_BYTES / PAGE_BYTES;

export interface Stretch {
  readonly page: number;
  readonly pages: number;
  readonly stored: boolean;
}

/** Every page says which file it is of, and its number. */
function fill(bytes: Buffer, file: number, firstPage: number): void {
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    bytes.writeUInt32LE(file, at);
    bytes.writeUInt32LE(firstPage + at / PAGE_BYTES, at + 4);
  }
}

export function writeBase(path: string): void {
  const bytes = Buffer.alloc(MEMORY_BYTES);
  fill(bytes, 1000, 0);
  writeFileSync(path, bytes);
}

export function writeDelta(
  path: string,
  file: number,
  stretches: readonly Stretch[],
  memoryBytes = MEMORY_BYTES,
): void {
  using writer = new DeltaWriter(path);
  let next = 0;
  for (const { page, pages, stored } of stretches.toSorted((left, right) => left.page - right.page)) {
    const end = Math.min(page + pages, PAGES);
    const from = Math.max(page, next);
    if (stored && from < end) {
      const bytes = Buffer.alloc((end - from) * PAGE_BYTES);
      fill(bytes, file, from);
      writer.store(from, bytes);
    } else for (let zero = from; zero < end; zero++) writer.zero(zero);
    next = Math.max(next, end);
  }
  writer.finish(memoryBytes);
}

export interface LaidQemu {
  readonly place: MemoryPlace;
  /** What the library says. */
  readonly isComplete: boolean;
  readonly thread: MemoryThread;
  /** Ends it behind everybody's back. */
  readonly kill: () => void;
}

/** Starts a QEMU that runs nothing, with that memory laid by the library. */
export async function withQemu<T>(
  scratch: Scratch,
  memoryBase: string,
  memoryDeltas: readonly string[],
  look: (qemu: LaidQemu) => T | Promise<T>,
  memoryMib = MEMORY_MIB,
): Promise<T> {
  const folder = scratch.make();
  using order = new MemoryOrder(folder, { memoryBase, memoryDeltas });
  using listener = await listenOnce(join(folder, 'qmp'));
  const machine = machineArguments({ accelerator: 'tcg', cpus: 1, memoryMib }, memoryBase);
  const monitor = ['-chardev', `socket,id=qmp,path=${folder}/qmp`, '-mon', 'chardev=qmp,mode=control'];
  const child = spawn(LAUNCHER, [String(process.pid), QEMU, '-S', ...machine, ...monitor], {
    stdio: ['ignore', 'ignore', 'inherit', ...order.descriptors],
    env: { ...process.env, ...order.environment },
  });
  const ended = once(child, 'exit');
  try {
    const qmp = new QmpClient(await Promise.race([listener.accepted, ended.then(() => Promise.reject(new Error()))]));
    await qmp.negotiate();
    const laid = order.laid();
    if (laid?.isAnswered !== true) throw new Error('the library is not in there');
    using thread = new MemoryThread(child.stdio[order.requests] as Socket);
    const place = { pid: child.pid ?? 0, address: laid.address, bytes: memoryMib << 20 };
    return await look({ place, isComplete: laid.isComplete, thread, kill: () => child.kill('SIGKILL') });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
