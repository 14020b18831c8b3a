import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { PAGE_BYTES } from '../../vm/memory-delta.ts';
import { ProcessMemory } from '../../vm/process-memory.ts';
import { saveDelta } from '../../vm/save-memory.ts';
import { chainOf } from '../../vm/state-saver.ts';
import { MEMORY_BYTES, PAGES, withQemu, writeBase, writeDelta } from '../helpers/laid-memory.ts';
import { machineObstacle, Scratch } from '../helpers/shared-base.ts';

const obstacle = machineObstacle();
const realTest = obstacle === null ? test.serial : test.serial.skip;
const skipped = obstacle === null ? '' : ` (skipped: ${obstacle})`;

/** What a guest did to some pages: wrote something new, zeros, or what was there. */
const writes = fc.array(
  fc.record({
    page: fc.oneof(fc.nat(PAGES - 1), fc.nat(20), fc.constant(PAGES - 1)),
    pages: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2000 })),
    kind: fc.constantFrom('new', 'zeros', 'same'),
  }),
  { maxLength: 25 },
);

type Writes = typeof writes extends fc.Arbitrary<infer Value> ? Value : never;

function write(memory: ProcessMemory, all: Writes): void {
  for (const { page, pages, kind } of all) {
    const bytes = Buffer.alloc(Math.min(pages, PAGES - page) * PAGE_BYTES);
    if (kind === 'same') memory.read(page, bytes);
    if (kind === 'new')
      for (let at = 0; at < bytes.length; at += PAGE_BYTES) bytes.writeUInt32LE(page + at + 1, at + 8);
    memory.write(page, bytes);
  }
}

realTest(`a save from inside of QEMU gives the same file as one from outside, save after save${skipped}`, async (t) => {
  const rounds = fc.array(writes, { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(rounds, fc.boolean(), async (all, isOverDelta) => {
    using scratch = new Scratch();
    const [memoryBase, first] = [join(scratch.folder, 'base'), join(scratch.folder, 'first')];
    writeBase(memoryBase);
    const some = [3, 900].map((page) => ({ page, pages: 40, stored: page === 3 }));
    writeDelta(first, 1, some);
    const memoryDeltas = isOverDelta ? [first] : [];
    await withQemu(scratch, memoryBase, [...memoryDeltas], async ({ place, thread }) => {
      using memory = new ProcessMemory(place);
      for (const [round, done] of all.entries()) {
        write(memory, done);
        const [inside, outside] = ['inside', 'outside'].map((name) => join(scratch.folder, `${name}-${round}`));
        const saved = await thread.save({ file: inside!, memoryBase, memoryDeltas });
        using parent = chainOf(MEMORY_BYTES, memoryBase, memoryDeltas);
        t.deepEqual(saved, saveDelta(memory, parent, outside!));
        t.true(readFileSync(inside!).equals(readFileSync(outside!)));
        memoryDeltas.push(inside!);
      }
    });
  });
  await fc.assert(property, { numRuns: 6 });
});

realTest(
  `a save from inside does nothing where its parent is not whole, and says what the system says${skipped}`,
  async (t) => {
    using scratch = new Scratch();
    const [memoryBase, damaged] = [join(scratch.folder, 'base'), join(scratch.folder, 'damaged')];
    writeBase(memoryBase);
    writeDelta(damaged, 1, [{ page: 5, pages: 3, stored: true }]);
    truncateSync(damaged, 4 * PAGE_BYTES);
    const file = join(scratch.folder, 'file');
    await withQemu(scratch, memoryBase, [], async ({ place, thread, kill }) => {
      t.is(await thread.save({ file, memoryBase, memoryDeltas: [damaged] }), null);
      t.is(await thread.save({ file, memoryBase: damaged, memoryDeltas: [] }), null);
      t.is(await thread.save({ file, memoryBase, memoryDeltas: [`${damaged}-missing`] }), null);
      t.false(existsSync(file));
      writeFileSync(file, 'there already');
      await t.throwsAsync(thread.save({ file, memoryBase, memoryDeltas: [] }), { code: 'EEXIST' });
      t.is(readFileSync(file, 'utf8'), 'there already');
      using memory = new ProcessMemory(place);
      memory.write(7, Buffer.alloc(PAGE_BYTES, 7));
      const stored = await thread.save({ file: `${file}-other`, memoryBase, memoryDeltas: [] });
      t.deepEqual(stored, { dirtyPages: 1, storedPages: 1 });
      kill();
      await t.throwsAsync(thread.save({ file: `${file}-last`, memoryBase, memoryDeltas: [] }), {
        code: 'MACHINE_DIED',
      });
      t.is(await thread.save({ file: `${file}-last`, memoryBase, memoryDeltas: [] }), null);
    });
  },
);
