import { closeSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

import { LayerError } from '../util/layer-error.ts';
import type { PrivateMemoryState } from './machine-state.ts';
import { DeltaWriter, PAGE_BYTES } from './memory-delta.ts';
import { storePages, writeNonZero } from './save-memory.ts';
import { chainOf } from './state-saver.ts';

/** Work between two turns of the event loop: this is done in the background of a program that has others. */
const CHUNK_PAGES = 1024;

type SavedMemory = Pick<PrivateMemoryState, 'memoryBase' | 'memoryDeltas'>;

/**
 * Merges a chain of deltas into one over the same base. It defines every page that one of them does, also those that are
 * again what the base holds: so it gives the same memory over any state in between, in the place of the last of them.
 */
export async function mergeDeltas(
  { memoryBase, memoryDeltas }: SavedMemory,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const memoryBytes = sizeOf(memoryBase);
  using pages = chainOf(memoryBytes, memoryBase, memoryDeltas);
  using writer = new DeltaWriter(file);
  const chunk = buffer();
  for (const [firstPage, count] of pages.stretchesOverBase(CHUNK_PAGES)) {
    const now = chunk.subarray(0, count * PAGE_BYTES);
    pages.read(firstPage, now);
    storePages(writer, firstPage, now);
    await breathe(signal);
  }
  writer.finish(memoryBytes);
}

/** Writes memory as a base of its own. */
export async function writeWholeBase(
  { memoryBase, memoryDeltas }: SavedMemory,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const memoryBytes = sizeOf(memoryBase);
  using pages = chainOf(memoryBytes, memoryBase, memoryDeltas);
  const fd = openSync(file, 'wx', 0o600);
  try {
    ftruncateSync(fd, memoryBytes);
    const chunk = buffer();
    for (let page = 0; page < memoryBytes / PAGE_BYTES; page += CHUNK_PAGES) {
      const part = chunk.subarray(0, Math.min(chunk.length, memoryBytes - page * PAGE_BYTES));
      pages.read(page, part);
      writeNonZero(fd, page, part);
      await breathe(signal);
    }
  } finally {
    closeSync(fd);
  }
}

function sizeOf(base: string): number {
  const found = statSync(base, { throwIfNoEntry: false });
  if (found === undefined) throw new LayerError('SNAPSHOT_DAMAGED', `${base} is missing`);
  return found.size;
}

function buffer(): Buffer {
  return Buffer.allocUnsafe(CHUNK_PAGES * PAGE_BYTES);
}

async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await turn();
  signal?.throwIfAborted();
}
