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
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

import { LayerError } from '../util/layer-error.ts';

export const PAGE_BYTES = 4096;
const MAGIC = 'LAYERMEM';
const VERSION = 1;
const RUN_BYTES = 12;
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

/** Collects pages in ascending order and writes a delta file. Call `finish` once; the caller fsyncs. */
export class DeltaWriter {
  readonly #fd: number;
  readonly #runs: { firstPage: number; pages: number; stored: boolean }[] = [];
  #stored = 0;

  constructor(file: string) {
    this.#fd = openSync(file, 'wx', 0o600);
  }

  /** `bytes` are whole pages, the first of them page `firstPage` of memory. */
  store(firstPage: number, bytes: Buffer): void {
    writeFully(this.#fd, bytes, PAGE_BYTES + this.#stored * PAGE_BYTES);
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
      table.writeUInt32LE(run.stored ? STORED : 0, index * RUN_BYTES + 8);
    });
    const tableOffset = PAGE_BYTES + this.#stored * PAGE_BYTES;
    writeFully(this.#fd, table, tableOffset);
    writeFully(this.#fd, header(memoryBytes, tableOffset, this.#runs.length, this.#stored), 0);
    closeSync(this.#fd);
    return { storedPages: this.#stored, runs: this.#runs };
  }

  abandon(): void {
    closeSync(this.#fd);
  }

  #extend(firstPage: number, pages: number, stored: boolean): void {
    const last = this.#runs.at(-1);
    if (last?.stored === stored && last.firstPage + last.pages === firstPage) last.pages += pages;
    else this.#runs.push({ firstPage, pages, stored });
  }
}

function header(memoryBytes: number, tableOffset: number, runs: number, stored: number): Buffer {
  const bytes = Buffer.alloc(40);
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
  const fd = openSync(file, 'r');
  try {
    const head = readFully(fd, 40, 0, file);
    if (head.toString('latin1', 0, 8) !== MAGIC || head.readUInt32LE(8) !== VERSION) throw damaged(file);
    const runCount = head.readUInt32LE(32);
    const storedPages = head.readUInt32LE(36);
    const table = readFully(fd, runCount * RUN_BYTES, Number(head.readBigUInt64LE(24)), file);
    const runs = Array.from({ length: runCount }, (_, index) => ({
      firstPage: table.readUInt32LE(index * RUN_BYTES),
      pages: table.readUInt32LE(index * RUN_BYTES + 4),
      stored: table.readUInt32LE(index * RUN_BYTES + 8) === STORED,
    }));
    return { file, memoryBytes: Number(head.readBigUInt64LE(16)), storedPages, runs };
  } finally {
    closeSync(fd);
  }
}

/** Reads exactly `length` bytes. Throws `SNAPSHOT_DAMAGED` where the file is shorter. */
export function readFully(fd: number, length: number, position: number, file: string): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const count = readSync(fd, bytes, done, length - done, position + done);
    if (count === 0) throw damaged(file);
    done += count;
  }
  return bytes;
}

export function writeFully(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function damaged(file: string): LayerError {
  return new LayerError('SNAPSHOT_DAMAGED', `${file} is not a whole memory delta`);
}
