import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { LayerError } from '../../util/layer-error.ts';
import { DeltaWriter, openSaved, PAGE_BYTES, readDeltaIndex } from '../../vm/memory-delta.ts';
import { PageMap } from '../../vm/page-map.ts';
import { chainOf } from '../../vm/state-saver.ts';
import { Scratch } from '../helpers/shared-base.ts';

const PAGES = 40;
const MEMORY_BYTES = PAGES * PAGE_BYTES;

/** What a page holds: null is zeros, a number a page full of words that tell it from every other. */
type Content = number | null;

function pageBytes(content: Content, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES);
  if (content !== null) for (let at = 0; at < PAGE_BYTES; at += 4) bytes.writeUInt32LE(content * 1000 + page + 1, at);
  return bytes;
}

function writeDelta(file: string, changes: ReadonlyMap<number, Content>): void {
  using writer = new DeltaWriter(file);
  for (const [page, content] of [...changes].toSorted(([left], [right]) => left - right)) {
    if (content === null) writer.zero(page);
    else writer.store(page, pageBytes(content, page));
  }
  writer.finish(MEMORY_BYTES);
}

const changes = fc
  .array(fc.tuple(fc.nat(PAGES - 1), fc.option(fc.integer({ min: 1, max: 900 }))), { maxLength: PAGES })
  .map((pairs) => new Map(pairs));

test('any chain of deltas over a base reads back as what was written last', (t) => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 5 }), fc.integer({ min: 1, max: PAGES }), (chain, chunk) => {
      using scratch = new Scratch();
      const base = join(scratch.folder, 'base');
      const model = Array.from({ length: PAGES }, (_, page) => pageBytes(page % 3 === 0 ? null : 999, page));
      writeFileSync(base, Buffer.concat(model));
      const files = chain.map((_, index) => join(scratch.folder, `delta-${index}`));
      chain.forEach((delta, index) => {
        writeDelta(files[index]!, delta);
        for (const [page, content] of delta) model[page] = pageBytes(content, page);
      });
      using pages = chainOf(MEMORY_BYTES, base, files);
      const expected = Buffer.concat(model);
      const whole = Buffer.alloc(MEMORY_BYTES, 0xee);
      for (let page = 0; page < PAGES; page += chunk)
        pages.read(page, whole.subarray(page * PAGE_BYTES, Math.min(PAGES, page + chunk) * PAGE_BYTES));
      t.true(whole.equals(expected));
      // What is laid over the base when a machine is restored gives the same memory.
      const injected = readFileSync(base);
      pages.forEachOverBase(chunk, (page, bytes) => injected.set(bytes, page * PAGE_BYTES));
      t.true(injected.equals(expected));
    }),
    { numRuns: 60 },
  );
});

test('the index of a delta names its runs in order and counts what is stored', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'delta');
  writeDelta(
    file,
    new Map<number, Content>([
      [1, 5],
      [2, 6],
      [3, null],
      [7, 8],
    ]),
  );
  t.like(readDeltaIndex(file), {
    memoryBytes: MEMORY_BYTES,
    storedPages: 3,
    runs: [
      { firstPage: 1, pages: 2, stored: true },
      { firstPage: 3, pages: 1, stored: false },
      { firstPage: 7, pages: 1, stored: true },
    ],
  });
});

test('a base that is shorter than memory ends in zeros', (t) => {
  using scratch = new Scratch();
  const base = join(scratch.folder, 'base');
  writeFileSync(base, pageBytes(3, 0));
  using pages = new PageMap(MEMORY_BYTES, base);
  const read = Buffer.alloc(2 * PAGE_BYTES, 0xee);
  pages.read(0, read);
  t.true(read.equals(Buffer.concat([pageBytes(3, 0), pageBytes(null, 1)])));
});

test('a delta that was cut short anywhere is found damaged', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'delta');
  writeDelta(
    file,
    new Map<number, Content>([
      [1, 5],
      [9, null],
    ]),
  );
  const { length } = readFileSync(file);
  for (const size of [length - 1, length - 12, PAGE_BYTES + 100, PAGE_BYTES, 39, 0]) {
    truncateSync(file, size);
    t.throws(() => readDeltaIndex(file), { instanceOf: LayerError, code: 'SNAPSHOT_DAMAGED' }, `${size} bytes`);
  }
});

test('a delta with any byte of its header or its run table changed is found damaged or reads as a delta of the same shape', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'delta');
  writeDelta(
    file,
    new Map<number, Content>([
      [1, 5],
      [2, null],
      [PAGES - 1, 6],
    ]),
  );
  const good = readFileSync(file);
  const table = Number(good.readBigUInt64LE(24));
  const places = [...Array(40).keys(), ...Array.from({ length: good.length - table }, (_, index) => table + index)];
  for (const place of places) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(place) ^ flip, place);
      writeFileSync(file, bad);
      const index = indexOrNull(file);
      if (index === null) continue;
      t.is(index.storedPages, 2);
      t.true(index.runs.every((run) => run.firstPage + run.pages <= index.memoryBytes / PAGE_BYTES));
    }
  }
});

test('a delta with something after its end is found damaged', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'delta');
  writeDelta(file, new Map([[1, 5]]));
  appendFileSync(file, 'x');
  t.throws(() => readDeltaIndex(file), { code: 'SNAPSHOT_DAMAGED' });
});

test('a delta of a machine with other memory is refused, and a missing one as well', (t) => {
  using scratch = new Scratch();
  const [base, file] = [join(scratch.folder, 'base'), join(scratch.folder, 'delta')];
  writeFileSync(base, '');
  writeDelta(file, new Map([[1, 5]]));
  t.throws(() => chainOf(2 * MEMORY_BYTES, base, [file]), { code: 'SNAPSHOT_DAMAGED' });
  t.throws(() => chainOf(MEMORY_BYTES, base, [`${file}.absent`]), { code: 'SNAPSHOT_DAMAGED' });
  t.throws(() => chainOf(MEMORY_BYTES, `${base}.absent`, []), { code: 'SNAPSHOT_DAMAGED' });
});

test('an existing delta is never overwritten', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'delta');
  writeDelta(file, new Map([[1, 5]]));
  t.throws(() => new DeltaWriter(file), { code: 'EEXIST' });
});

function indexOrNull(file: string): ReturnType<typeof readDeltaIndex> | null {
  try {
    return readDeltaIndex(file);
  } catch (error) {
    if (error instanceof LayerError && error.code === 'SNAPSHOT_DAMAGED') return null;
    throw error;
  }
}

test('a file that cannot be opened, though it may be whole, is no damage', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'file');
  t.throws(() => openSaved(file), { code: 'SNAPSHOT_DAMAGED' });
  writeFileSync(file, '');
  t.throws(() => openSaved(join(file, 'below')), { code: 'CACHE_UNUSABLE' });
});
