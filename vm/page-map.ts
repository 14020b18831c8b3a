import { closeSync, readSync } from 'node:fs';

import { type DeltaIndex, openSaved, PAGE_BYTES, readInto } from './memory-delta.ts';

/** Values of a {@link PageMap}: the base file, zeros, or 2 + the page's slot in the chain of deltas. */
const IN_BASE = 0;
const ZERO = 1;
const FIRST_SLOT = 2;

interface OpenDelta {
  readonly fd: number;
  readonly firstSlot: number;
  readonly index: DeltaIndex;
}

/**
 * Where the newest content of each page of a saved memory is: the base file, nowhere (zeros), or a slot of one of the
 * deltas. Slots are numbered through the chain, oldest delta first. Holds the files open; dispose to close them.
 */
export class PageMap implements Disposable {
  readonly #sources: Uint32Array;
  readonly #base: number;
  readonly #deltas: OpenDelta[] = [];
  #slots = 0;

  constructor(memoryBytes: number, baseFile: string) {
    this.#sources = new Uint32Array(memoryBytes / PAGE_BYTES);
    this.#base = openSaved(baseFile);
  }

  /** Lays one more delta over what is known. */
  add(delta: DeltaIndex): void {
    this.#deltas.push({ fd: openSaved(delta.file), firstSlot: this.#slots, index: delta });
    let slot = this.#slots;
    for (const run of delta.runs) {
      for (let page = run.firstPage; page < run.firstPage + run.pages; page++)
        this.#sources[page] = run.stored ? FIRST_SLOT + slot++ : ZERO;
    }
    this.#slots += delta.storedPages;
  }

  /** Fills `into` (whole pages) with what the saved memory holds from `firstPage` on. */
  read(firstPage: number, into: Buffer): void {
    for (let done = 0; done < into.length; ) {
      const pages = this.#runLength(firstPage + done / PAGE_BYTES, (into.length - done) / PAGE_BYTES);
      const part = into.subarray(done, done + pages * PAGE_BYTES);
      this.#readRun(firstPage + done / PAGE_BYTES, part);
      done += part.length;
    }
  }

  /**
   * Calls `visit` for every stretch of pages that the deltas (not the base) define, at most `maxPages` at a time; the bytes
   * are there until it returns.
   */
  forEachOverBase(maxPages: number, visit: (firstPage: number, bytes: Buffer) => void): void {
    const buffer = Buffer.allocUnsafe(maxPages * PAGE_BYTES);
    for (const [page, pages] of this.stretchesOverBase(maxPages)) {
      const bytes = buffer.subarray(0, pages * PAGE_BYTES);
      this.#readRun(page, bytes);
      visit(page, bytes);
    }
  }

  /** Every stretch of pages that the deltas define: its first page and its length, at most `maxPages`. */
  *stretchesOverBase(maxPages: number): Generator<readonly [firstPage: number, pages: number]> {
    for (let page = 0; page < this.#sources.length; ) {
      if (this.#sources[page] === IN_BASE) {
        page++;
        continue;
      }
      const pages = this.#runLength(page, Math.min(maxPages, this.#sources.length - page));
      yield [page, pages];
      page += pages;
    }
  }

  /** How many pages from `page` on, at most `limit`, lie one after the other in the same place. */
  #runLength(page: number, limit: number): number {
    const source = this.#sources[page] ?? IN_BASE;
    let pages = 1;
    if (source < FIRST_SLOT) {
      while (pages < limit && this.#sources[page + pages] === source) pages++;
    } else {
      const last = this.#deltaOf(source - FIRST_SLOT);
      const end = last.firstSlot + last.index.storedPages + FIRST_SLOT;
      while (pages < limit && source + pages < end && this.#sources[page + pages] === source + pages) pages++;
    }
    return pages;
  }

  #readRun(page: number, into: Buffer): void {
    const source = this.#sources[page] ?? IN_BASE;
    if (source === ZERO) into.fill(0);
    else if (source === IN_BASE) readOrZero(this.#base, into, page * PAGE_BYTES);
    else {
      const delta = this.#deltaOf(source - FIRST_SLOT);
      const position = PAGE_BYTES + (source - FIRST_SLOT - delta.firstSlot) * PAGE_BYTES;
      readInto(delta.fd, into, position, delta.index.file);
    }
  }

  #deltaOf(slot: number): OpenDelta {
    const found = this.#deltas.findLast((delta) => delta.firstSlot <= slot);
    if (found === undefined) throw new Error('Internal error: a page in no delta');
    return found;
  }

  [Symbol.dispose](): void {
    closeSync(this.#base);
    for (const delta of this.#deltas) closeSync(delta.fd);
  }
}

/** A base may be shorter than memory where it ends in zeros. */
function readOrZero(fd: number, into: Buffer, position: number): void {
  let done = 0;
  while (done < into.length) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  into.fill(0, done);
}
