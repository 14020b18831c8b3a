import { closeSync, ftruncateSync, openSync } from 'node:fs';

import { DeltaWriter, PAGE_BYTES, writeFully } from './memory-delta.ts';
import type { PageMap } from './page-map.ts';
import type { ProcessMemory } from './process-memory.ts';

const CHUNK_PAGES = 256;
const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);

export interface SavedMemory {
  readonly dirtyPages: number;
  readonly storedPages: number;
}

/**
 * Writes every written page that differs from `parent` to a delta file; all-zero pages are named, not stored. The
 * parent is the state that the last save left, so a machine that goes on stores each change once.
 */
export function saveDelta(memory: ProcessMemory, parent: PageMap, file: string): SavedMemory {
  using writer = new DeltaWriter(file);
  const was = Buffer.allocUnsafe(CHUNK_PAGES * PAGE_BYTES);
  let dirtyPages = 0;
  forEachChunk(memory, memory.writtenPages(), (firstPage, now) => {
    dirtyPages += now.length / PAGE_BYTES;
    const before = was.subarray(0, now.length);
    parent.read(firstPage, before);
    storeDifferences(writer, firstPage, now, before);
  });
  const { storedPages } = writer.finish(memory.bytes);
  return { dirtyPages, storedPages };
}

/**
 * Writes a whole base: a sparse file with every page that is not zero. Pages that were not written hold what `parent` has:
 * they are taken from there, because to read them through the process would make all of them its own. Null: zeros.
 */
export function saveBase(memory: ProcessMemory, parent: PageMap | null, file: string): SavedMemory {
  const fd = openSync(file, 'wx', 0o600);
  let dirtyPages = 0;
  let storedPages = 0;
  const store = (firstPage: number, now: Buffer): void => {
    dirtyPages += now.length / PAGE_BYTES;
    storedPages += writeNonZero(fd, firstPage, now);
  };
  try {
    ftruncateSync(fd, memory.bytes);
    const written = memory.writtenPages();
    forEachChunk(memory, written, store);
    if (parent !== null) forEachChunk(parent, stretchesBetween(written, memory.bytes / PAGE_BYTES), store);
  } finally {
    closeSync(fd);
  }
  return { dirtyPages, storedPages };
}

type Stretch = readonly [first: number, end: number];

/** What `stretches`, which are in order, leave of the first `pages` pages. */
export function stretchesBetween(stretches: readonly Stretch[], pages: number): readonly Stretch[] {
  const starts = [0, ...stretches.map(([, end]) => end)];
  const ends = [...stretches.map(([first]) => first), pages];
  return starts.map((first, index): Stretch => [first, ends[index] ?? pages]).filter(([first, end]) => first < end);
}

/** Writes the pages that are not zero to a base; returns how many. */
export function writeNonZero(fd: number, firstPage: number, now: Buffer): number {
  let written = 0;
  forEachStretch(
    now.length / PAGE_BYTES,
    (page) => !isZero(now, page),
    (from, to) => {
      writeFully(fd, now.subarray(from * PAGE_BYTES, to * PAGE_BYTES), (firstPage + from) * PAGE_BYTES);
      written += to - from;
    },
  );
  return written;
}

function forEachChunk(
  memory: Pick<PageMap, 'read'>,
  stretches: readonly Stretch[],
  visit: (firstPage: number, bytes: Buffer) => void,
): void {
  const buffer = Buffer.allocUnsafe(CHUNK_PAGES * PAGE_BYTES);
  for (const [first, end] of stretches) {
    for (let page = first; page < end; page += CHUNK_PAGES) {
      const bytes = buffer.subarray(0, Math.min(CHUNK_PAGES, end - page) * PAGE_BYTES);
      memory.read(page, bytes);
      visit(page, bytes);
    }
  }
}

function storeDifferences(writer: DeltaWriter, firstPage: number, now: Buffer, before: Buffer): void {
  if (now.equals(before)) return;
  const differs = (page: number): boolean => !samePage(now, before, page);
  forEachStretch(now.length / PAGE_BYTES, differs, (from, to) => {
    storePages(writer, firstPage + from, now.subarray(from * PAGE_BYTES, to * PAGE_BYTES));
  });
}

/** Zero pages are named one by one, the others written in as few pieces as possible. */
export function storePages(writer: DeltaWriter, firstPage: number, now: Buffer): void {
  forEachStretch(
    now.length / PAGE_BYTES,
    (page) => !isZero(now, page),
    (from, to) => writer.store(firstPage + from, now.subarray(from * PAGE_BYTES, to * PAGE_BYTES)),
    (page) => writer.zero(firstPage + page),
  );
}

/** Calls `stretch(from, to)` for each maximal run of pages that `matches`, and `other(page)` for each that does not. */
function forEachStretch(
  pages: number,
  matches: (page: number) => boolean,
  stretch: (from: number, to: number) => void,
  other?: (page: number) => void,
): void {
  for (let page = 0; page < pages; ) {
    if (!matches(page)) {
      other?.(page);
      page++;
      continue;
    }
    const from = page;
    while (page < pages && matches(page)) page++;
    stretch(from, page);
  }
}

function samePage(left: Buffer, right: Buffer, page: number): boolean {
  const from = page * PAGE_BYTES;
  return left.compare(right, from, from + PAGE_BYTES, from, from + PAGE_BYTES) === 0;
}

function isZero(bytes: Buffer, page: number): boolean {
  return bytes.compare(ZERO_PAGE, 0, PAGE_BYTES, page * PAGE_BYTES, (page + 1) * PAGE_BYTES) === 0;
}
