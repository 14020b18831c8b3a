/**
 * Memory files.
 *
 * A **base** is a sparse file as large as the machine's memory: byte N is guest RAM byte N, all-zero pages are holes.
 * It is mapped privately by every machine that descends from it and must never change.
 *
 * A **delta** (version 1) holds the pages that differ from a parent state (a base plus older deltas):
 *
 *     0      "LAYERMEM", u32 version = 1, u32 page size = 4096, u64 memory bytes,
 *            u64 offset of the run table, u32 number of runs, u32 number of stored pages   (all little endian)
 *     4096   the stored pages, one after the other
 *     table  per run: u32 first page, u32 pages, u32 kind (0: zeros, nothing stored; 1: stored), sorted by first page
 *
 * Stored pages are numbered from 0 in file order (slots), so that one Uint32 per page of memory says where its newest
 * content is: that table is a {@link PageMap}.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

import { LayerError } from '../util/layer-error.ts';
import { asStorageError } from '../util/storage-error.ts';

export const PAGE_BYTES = 4096;
const MAGIC = 'LAYERMEM';
const VERSION = 1;
const HEADER_BYTES = 40;
const RUN_BYTES = 12;
const ZEROS = 0;
const STORED = 1;

export interface PageRun {
  readonly firstPage: number;
  readonly pages: number;
  readonly stored: boolean;
}

export interface DeltaIndex {
  readonly file: string;
  readonly memoryBytes: number;
  readonly storedPages: number;
  readonly runs: readonly PageRun[];
}

/** A file written in pieces of 4 KiB takes four times the processor time of one in pieces of this size (ext4, Linux 6.18). */
const GATHERED_BYTES = 1 << 20;

/** Collects pages in ascending order and writes a delta file. Call `finish` once; the caller fsyncs. Dispose to close. */
export class DeltaWriter implements Disposable {
  readonly #fd: number;
  readonly #runs: { firstPage: number; pages: number; stored: boolean }[] = [];
  readonly #gathered = Buffer.allocUnsafe(GATHERED_BYTES);
  #gatheredBytes = 0;
  /** What of the file is written. */
  #end = PAGE_BYTES;
  #stored = 0;

  constructor(file: string) {
    this.#fd = openSync(file, 'wx', 0o600);
  }

  /** `bytes` are whole pages, the first of them page `firstPage` of memory. */
  store(firstPage: number, bytes: Buffer): void {
    if (this.#gatheredBytes + bytes.length > GATHERED_BYTES) this.#flush();
    if (bytes.length > GATHERED_BYTES) this.#write(bytes);
    else this.#gatheredBytes += bytes.copy(this.#gathered, this.#gatheredBytes);
    this.#stored += bytes.length / PAGE_BYTES;
    this.#extend(firstPage, bytes.length / PAGE_BYTES, true);
  }

  zero(page: number): void {
    this.#extend(page, 1, false);
  }

  finish(memoryBytes: number): { readonly storedPages: number; readonly runs: readonly PageRun[] } {
    const table = Buffer.alloc(this.#runs.length * RUN_BYTES);
    this.#runs.forEach((run, index) => {
      table.writeUInt32LE(run.firstPage, index * RUN_BYTES);
      table.writeUInt32LE(run.pages, index * RUN_BYTES + 4);
      table.writeUInt32LE(run.stored ? STORED : ZEROS, index * RUN_BYTES + 8);
    });
    this.#flush();
    const tableOffset = this.#end;
    this.#write(table);
    writeFully(this.#fd, header(memoryBytes, tableOffset, this.#runs.length, this.#stored), 0);
    return { storedPages: this.#stored, runs: this.#runs };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #flush(): void {
    this.#write(this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }

  #write(bytes: Buffer): void {
    writeFully(this.#fd, bytes, this.#end);
    this.#end += bytes.length;
  }

  #extend(firstPage: number, pages: number, stored: boolean): void {
    const last = this.#runs.at(-1);
    if (last?.stored === stored && last.firstPage + last.pages === firstPage) last.pages += pages;
    else this.#runs.push({ firstPage, pages, stored });
  }
}

function header(memoryBytes: number, tableOffset: number, runs: number, stored: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(PAGE_BYTES, 12);
  bytes.writeBigUInt64LE(BigInt(memoryBytes), 16);
  bytes.writeBigUInt64LE(BigInt(tableOffset), 24);
  bytes.writeUInt32LE(runs, 32);
  bytes.writeUInt32LE(stored, 36);
  return bytes;
}

/** Reads a delta's run table. Throws `SNAPSHOT_DAMAGED` for anything that is not a whole delta of this version. */
export function readDeltaIndex(file: string): DeltaIndex {
  const fd = openSaved(file);
  try {
    const head = readFully(fd, HEADER_BYTES, 0, file);
    const layout = parseHeader(head);
    // The size first: a wrong count would ask for any amount of memory.
    if (layout === null || fstatSync(fd).size !== layout.tableOffset + layout.runCount * RUN_BYTES) throw damaged(file);
    const table = readFully(fd, layout.runCount * RUN_BYTES, layout.tableOffset, file);
    const runs = parseRuns(table, layout.memoryBytes / PAGE_BYTES);
    const stored = runs?.reduce((sum, run) => sum + (run.stored ? run.pages : 0), 0);
    if (runs === null || stored !== layout.storedPages) throw damaged(file);
    return { file, memoryBytes: layout.memoryBytes, storedPages: layout.storedPages, runs };
  } finally {
    closeSync(fd);
  }
}

interface DeltaLayout {
  readonly memoryBytes: number;
  readonly tableOffset: number;
  readonly runCount: number;
  readonly storedPages: number;
}

function parseHeader(head: Buffer): DeltaLayout | null {
  if (head.toString('latin1', 0, 8) !== MAGIC || head.readUInt32LE(8) !== VERSION) return null;
  if (head.readUInt32LE(12) !== PAGE_BYTES) return null;
  const layout = {
    memoryBytes: Number(head.readBigUInt64LE(16)),
    tableOffset: Number(head.readBigUInt64LE(24)),
    runCount: head.readUInt32LE(32),
    storedPages: head.readUInt32LE(36),
  };
  const fits = layout.memoryBytes % PAGE_BYTES === 0 && layout.tableOffset === PAGE_BYTES * (1 + layout.storedPages);
  return fits ? layout : null;
}

/** Null where the runs are not ascending, overlap, are empty or lie outside of the memory. */
function parseRuns(table: Buffer, memoryPages: number): PageRun[] | null {
  const runs: PageRun[] = [];
  let nextPage = 0;
  for (let at = 0; at < table.length; at += RUN_BYTES) {
    const [firstPage, pages, kind] = [table.readUInt32LE(at), table.readUInt32LE(at + 4), table.readUInt32LE(at + 8)];
    if (firstPage < nextPage || pages === 0 || kind > STORED) return null;
    nextPage = firstPage + pages;
    if (nextPage > memoryPages) return null;
    runs.push({ firstPage, pages, stored: kind === STORED });
  }
  return runs;
}

/** Opens a file of a saved machine for reading. Throws `SNAPSHOT_DAMAGED` where it is missing, `CACHE_UNUSABLE` where it may be whole. */
export function openSaved(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    const hindrance = asStorageError(cause, file);
    if (hindrance !== cause) throw hindrance;
    throw new LayerError('SNAPSHOT_DAMAGED', `${file} cannot be opened`, { cause });
  }
}

/** Reads exactly `length` bytes. Throws `SNAPSHOT_DAMAGED` where the file is shorter. */
export function readFully(fd: number, length: number, position: number, file: string): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  readInto(fd, bytes, position, file);
  return bytes;
}

/** Fills `into`. Throws `SNAPSHOT_DAMAGED` where the file is shorter. */
export function readInto(fd: number, into: Buffer, position: number, file: string): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) throw damaged(file);
    done += count;
  }
}

export function writeFully(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function damaged(file: string): LayerError {
  return new LayerError('SNAPSHOT_DAMAGED', `${file} is not a whole memory delta`);
}
