import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

import { LayerError } from '../util/layer-error.ts';
import { PAGE_BYTES } from './memory-delta.ts';

const PAGEMAP_ENTRY_BYTES = 8;
/** Of the upper half of a pagemap entry (kernel Documentation/admin-guide/mm/pagemap.rst). */
const PRESENT = 1 << 31;
const SWAPPED = 1 << 30;
const FILE_OR_SHARED = 1 << 29;

/** Where a QEMU has the guest's memory: an address of that process. */
export interface MemoryPlace {
  readonly pid: number;
  readonly address: number;
  readonly bytes: number;
}

/**
 * The guest memory of a running QEMU, as its process maps it: read and written through /proc/PID/mem, with the pages
 * written since the start found in /proc/PID/pagemap. Works for our own child processes without privileges. What the
 * guest itself may change is whole only while the machine is stopped.
 */
export class ProcessMemory implements Disposable {
  readonly #address: number;
  readonly #bytes: number;
  readonly #mem: number;
  readonly #pid: number;

  constructor({ pid, address, bytes }: MemoryPlace) {
    this.#pid = pid;
    this.#address = address;
    this.#bytes = bytes;
    this.#mem = openSync(`/proc/${pid}/mem`, 'r+');
  }

  get bytes(): number {
    return this.#bytes;
  }

  read(firstPage: number, into: Buffer): void {
    this.readAt(firstPage * PAGE_BYTES, into);
  }

  readAt(offset: number, into: Buffer): void {
    for (let done = 0; done < into.length; ) {
      const position = this.#address + offset + done;
      const count = readSync(this.#mem, into, done, into.length - done, position);
      if (count === 0) throw new LayerError('MACHINE_SAVE', 'QEMU went away while its memory was read');
      done += count;
    }
  }

  write(firstPage: number, bytes: Buffer): void {
    this.writeAt(firstPage * PAGE_BYTES, bytes);
  }

  writeAt(offset: number, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const position = this.#address + offset + done;
      const count = writeSync(this.#mem, bytes, done, bytes.length - done, position);
      // The memory of a process that has ended takes nothing, without an error.
      if (count === 0) throw new LayerError('MACHINE_DIED', 'QEMU went away while its memory was written');
      done += count;
    }
  }

  /**
   * Stretches [first, end) of pages that are the process's own: written (or injected) since the private mapping was
   * made. Exact: a page that still shows the file has the "file or shared" bit.
   */
  writtenPages(): readonly (readonly [number, number])[] {
    const entries = readPagemap(this.#pid, this.#address, this.#bytes);
    const stretches: [number, number][] = [];
    for (let page = 0; page < entries.length / 2; page++) {
      const upper = entries[page * 2 + 1] ?? 0;
      const own = (upper & SWAPPED) !== 0 || ((upper & PRESENT) !== 0 && (upper & FILE_OR_SHARED) === 0);
      if (!own) continue;
      const last = stretches.at(-1);
      if (last?.[1] === page) last[1] = page + 1;
      else stretches.push([page, page + 1]);
    }
    return stretches;
  }

  [Symbol.dispose](): void {
    closeSync(this.#mem);
  }
}

/**
 * The process's mapping of `file`: one, because guest RAM is one block (the hole below 4 GiB is an alias in QEMU). Nothing may
 * be mapped over it.
 */
export function findMemory(pid: number, file: string): MemoryPlace {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  const ranges = lines
    .filter((line) => line.endsWith(` ${file}`) || line.endsWith(` ${file} (deleted)`))
    .map((line) => (line.split(' ', 1)[0] ?? '').split('-').map((hex) => Number.parseInt(hex, 16)));
  const start = Math.min(...ranges.map(([first]) => first ?? Number.NaN));
  const end = Math.max(...ranges.map(([, last]) => last ?? Number.NaN));
  if (ranges.length === 0 || Number.isNaN(start)) throw new LayerError('MACHINE_SAVE', `QEMU does not map ${file}`);
  return { pid, address: start, bytes: end - start };
}

function readPagemap(pid: number, address: number, bytes: number): Uint32Array {
  const entries = new Uint32Array((bytes / PAGE_BYTES) * 2);
  const target = Buffer.from(entries.buffer);
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  try {
    const from = (address / PAGE_BYTES) * PAGEMAP_ENTRY_BYTES;
    for (let done = 0; done < target.length; ) {
      const count = readSync(pagemap, target, done, target.length - done, from + done);
      // A page that is not known to be unwritten must be taken for written: fail, never leave it out.
      if (count === 0) throw new LayerError('MACHINE_SAVE', 'QEMU went away while its memory was looked at');
      done += count;
    }
  } finally {
    closeSync(pagemap);
  }
  return entries;
}
