import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { DeltaWriter, PAGE_BYTES } from '../../vm/memory-delta.ts';
import { ProcessMemory } from '../../vm/process-memory.ts';
import { chainOf } from '../../vm/state-saver.ts';
import { type LaidQemu, MEMORY_BYTES, PAGES, withQemu, writeBase, writeDelta } from '../helpers/laid-memory.ts';
import { machineObstacle, Scratch } from '../helpers/shared-base.ts';

const obstacle = machineObstacle();
const realTest = obstacle === null ? test.serial : test.serial.skip;
const skipped = obstacle === null ? '' : ` (skipped: ${obstacle})`;

const stretches = fc.array(
  fc.record({
    page: fc.oneof(fc.nat(PAGES - 1), fc.nat(20), fc.constant(PAGES - 1)),
    pages: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3000 })),
    stored: fc.boolean(),
  }),
  { maxLength: 40 },
);

realTest(
  `the library lays any chain of deltas over the base, and nothing of it counts as written${skipped}`,
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(stretches, { minLength: 1, maxLength: 5 }), async (chain) => {
        using scratch = new Scratch();
        const base = join(scratch.folder, 'base');
        writeBase(base);
        const deltas = chain.map((_, index) => join(scratch.folder, `delta-${index}`));
        chain.forEach((delta, index) => writeDelta(deltas[index]!, index, delta));
        const [live, saved] = [Buffer.alloc(MEMORY_BYTES), Buffer.alloc(MEMORY_BYTES)];
        const written = await withQemu(scratch, base, deltas, ({ place }) => {
          using memory = new ProcessMemory(place);
          const stretchesWritten = memory.writtenPages();
          memory.read(0, live);
          return stretchesWritten;
        });
        using pages = chainOf(MEMORY_BYTES, base, deltas);
        pages.read(0, saved);
        t.true(live.equals(saved));
        t.deepEqual(written, []);
      }),
      { numRuns: 4 },
    );
  },
);

realTest(`the library does not say that it laid a delta that is damaged or of another machine${skipped}`, async (t) => {
  using scratch = new Scratch();
  const [base, whole, damaged] = ['base', 'whole', 'damaged'].map((name) => join(scratch.folder, name)) as [
    string,
    string,
    string,
  ];
  writeBase(base);
  const some = [{ page: 5, pages: 3, stored: true }];
  writeDelta(whole, 1, some);
  const isLaid = async (): Promise<boolean> =>
    withQemu(scratch, base, [whole, damaged], ({ isComplete }) => isComplete);

  writeDelta(damaged, 2, some);
  t.true(await isLaid());
  truncateSync(damaged, 4 * PAGE_BYTES);
  t.false(await isLaid());
  truncateSync(damaged, 0);
  t.false(await isLaid());
  writeDelta(`${damaged}-other`, 2, some, 2 * MEMORY_BYTES);
  t.false(await withQemu(scratch, base, [whole, `${damaged}-other`], ({ isComplete }) => isComplete));
});

realTest(`what the library could lay only a part of is written by the host over that${skipped}`, async (t) => {
  using scratch = new Scratch();
  const [base, delta] = [join(scratch.folder, 'base'), join(scratch.folder, 'delta')];
  const memoryMib = 256;
  writeFileSync(base, '');
  truncateSync(base, memoryMib << 20);
  // Every other page: more stretches than a process may have mappings for.
  using writer = new DeltaWriter(delta);
  for (let page = 0; page < (memoryMib << 20) / PAGE_BYTES; page += 2)
    if (page % 256 === 0) writer.store(page, Buffer.alloc(PAGE_BYTES, 1 + (page % 255)));
    else writer.zero(page);
  writer.finish(memoryMib << 20);
  using pages = chainOf(memoryMib << 20, base, [delta]);
  const [live, saved] = [Buffer.alloc(memoryMib << 20), Buffer.alloc(memoryMib << 20)];
  pages.read(0, saved);
  const look = ({ place, isComplete }: LaidQemu): boolean => {
    using memory = new ProcessMemory(place);
    pages.forEachOverBase(256, (page, bytes) => memory.write(page, bytes));
    memory.read(0, live);
    return isComplete;
  };
  t.false(await withQemu(scratch, base, [delta], look, memoryMib));
  t.true(live.equals(saved));
});
