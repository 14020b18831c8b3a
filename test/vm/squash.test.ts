import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { LayerError } from '../../util/layer-error.ts';
import { type PrivateMemoryState, STATE_FILES } from '../../vm/machine-state.ts';
import { DeltaWriter, PAGE_BYTES, readDeltaIndex } from '../../vm/memory-delta.ts';
import { diskChain } from '../../vm/qcow2-chain.ts';
import { createOverlay } from '../../vm/disk-overlay.ts';
import { isHeavy } from '../../vm/squash.ts';
import { qemuSquasher } from '../../vm/index.ts';
import { chainOf } from '../../vm/state-saver.ts';
import { qemuImgTest } from '../helpers/machine-test.ts';
import { Scratch } from '../helpers/shared-base.ts';

const PAGES = 600;
const DISK_BYTES = 4 << 20;

/** What a page holds: 0 is zeros, another number a page full of it. */
type Pages = ReadonlyMap<number, number>;

const page = (content: number): Buffer => Buffer.alloc(PAGE_BYTES, content);

/** Pages 0 to 399 of the base hold ones. */
function writeBase(file: string): void {
  const fd = openSync(file, 'wx');
  ftruncateSync(fd, PAGES * PAGE_BYTES);
  closeSync(fd);
  writeFileSync(file, Buffer.alloc(400 * PAGE_BYTES, 1), { flag: 'r+' });
}

function writeDelta(file: string, changes: Pages): void {
  using writer = new DeltaWriter(file);
  for (const [number, content] of [...changes].toSorted(([left], [right]) => left - right)) {
    if (content === 0) writer.zero(number);
    else writer.store(number, page(content));
  }
  writer.finish(PAGES * PAGE_BYTES);
}

/** A base machine and one over it with these deltas and, for each list of commands of qemu-io, a disk file. */
function makeState(
  scratch: Scratch,
  deltas: readonly Pages[],
  disks: readonly (readonly string[])[] = [],
): { readonly foundation: PrivateMemoryState; readonly state: PrivateMemoryState } {
  const folder = scratch.make();
  const [image, memoryBase, disk] = [join(folder, 'image.raw'), join(folder, 'memory'), join(folder, 'base.qcow2')];
  const deviceState = join(folder, 'devices');
  writeFileSync(deviceState, 'devices');
  writeBase(memoryBase);
  writeFileSync(image, Buffer.alloc(DISK_BYTES / 2, 'image'));
  truncateSync(image, DISK_BYTES);
  createOverlay(disk, image, 'raw');
  const foundation: PrivateMemoryState = { format: 'private', memoryBase, memoryDeltas: [], deviceState, disk };
  const memoryDeltas = deltas.map((_, index) => join(folder, `delta-${index}`));
  for (const [index, delta] of deltas.entries()) writeDelta(memoryDeltas[index]!, delta);
  let top = disk;
  for (const [index, commands] of disks.entries()) {
    const next = join(folder, `disk-${index}.qcow2`);
    createOverlay(next, top, 'qcow2');
    writeDisk(next, commands);
    top = next;
  }
  return { foundation, state: { ...foundation, memoryDeltas, disk: top } };
}

function writeDisk(file: string, commands: readonly string[]): void {
  const image = `driver=qcow2,discard=unmap,file.driver=file,file.filename=${file}`;
  const all = commands.flatMap((command) => ['-c', command]);
  execFileSync('qemu-io', ['--image-opts', ...all, image], { stdio: 'ignore' });
}

function memoryOf({ memoryBase, memoryDeltas }: PrivateMemoryState): Buffer {
  using pages = chainOf(PAGES * PAGE_BYTES, memoryBase, memoryDeltas);
  const bytes = Buffer.alloc(PAGES * PAGE_BYTES);
  pages.read(0, bytes);
  return bytes;
}

async function squashed(
  scratch: Scratch,
  made: { readonly foundation: PrivateMemoryState; readonly state: PrivateMemoryState },
): Promise<{ readonly state: PrivateMemoryState; readonly folder: string }> {
  const folder = scratch.make();
  const state = await qemuSquasher.squash(made.state, made.foundation, folder);
  if (state.format !== 'private') throw new Error('not a private state');
  return { state, folder };
}

function digests(folder: string): readonly string[] {
  return readdirSync(folder).map(
    (name) =>
      `${name} ${createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')}`,
  );
}

qemuImgTest('any chain of memory deltas becomes one that gives the same memory', async (t) => {
  const changes = fc.array(fc.tuple(fc.nat(PAGES - 1), fc.nat(3)), { maxLength: 60 }).map((pairs) => new Map(pairs));
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 4 }), async (deltas) => {
      using scratch = new Scratch();
      const made = makeState(scratch, deltas);
      const { state, folder } = await squashed(scratch, made);
      t.true(memoryOf(state).equals(memoryOf(made.state)));
      t.is(readFileSync(state.deviceState, 'utf8'), 'devices');
      const own = [state.deviceState, state.disk, ...state.memoryDeltas];
      t.true(own.every((file) => file.startsWith(`${folder}/`)));
    }),
    { numRuns: 6 },
  );
});

qemuImgTest(
  'a merged delta may take the place of the last one: it gives the same memory over any state in between',
  async (t) => {
    using scratch = new Scratch();
    const made = makeState(scratch, [
      new Map([
        [3, 7],
        [4, 8],
        [500, 9],
      ]),
      new Map([[5, 6]]),
      // Again what the base holds.
      new Map([
        [3, 1],
        [500, 0],
      ]),
    ]);
    const { state } = await squashed(scratch, made);
    t.is(state.memoryBase, made.foundation.memoryBase);
    for (const between of [[], made.state.memoryDeltas.slice(0, 1), made.state.memoryDeltas.slice(0, 2)])
      t.true(memoryOf({ ...state, memoryDeltas: [...between, ...state.memoryDeltas] }).equals(memoryOf(made.state)));
    t.deepEqual(readDeltaIndex(state.memoryDeltas[0]!).runs, [
      { firstPage: 3, pages: 3, stored: true },
      { firstPage: 500, pages: 1, stored: false },
    ]);
  },
);

qemuImgTest('deltas of more than half their base become a base, in which zeros take no room', async (t) => {
  using scratch = new Scratch();
  const many = new Map(Array.from({ length: 250 }, (_, index) => [index, index < 200 ? 5 : 0]));
  const made = makeState(scratch, [many, new Map([[599, 6]])]);
  t.true(isHeavy(made.state, 0));
  t.false(await qemuSquasher.isHeavy(made.state), 'restoring a megabyte takes no time');
  const { state, folder } = await squashed(scratch, made);
  t.deepEqual([state.memoryBase, state.memoryDeltas], [join(folder, STATE_FILES.memoryBase), []]);
  t.true(memoryOf(state).equals(memoryOf(made.state)));
  t.is(statSync(state.memoryBase).size, PAGES * PAGE_BYTES);
  t.true(statSync(state.memoryBase).blocks * 512 <= 360 * PAGE_BYTES);
  t.false(isHeavy(state, 0));
});

qemuImgTest('a state whose memory base is not the foundation becomes a base of its own', async (t) => {
  using scratch = new Scratch();
  const made = makeState(scratch, [new Map([[3, 7]])]);
  const other = makeState(scratch, []);
  const { state } = await squashed(scratch, {
    foundation: { ...made.foundation, memoryBase: other.foundation.memoryBase },
    state: made.state,
  });
  t.deepEqual(state.memoryDeltas, []);
  t.true(memoryOf(state).equals(memoryOf(made.state)));
});

qemuImgTest('disk files become one over the foundation with the same content, discarded parts included', async (t) => {
  const place = fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 16 }));
  const command = fc.oneof(
    fc
      .tuple(place, fc.integer({ min: 1, max: 255 }))
      .map(([[at, length], byte]) => `write -P ${byte} ${at * 64}k ${Math.min(length, 64 - at) * 64 - 4}k`),
    place.map(([at, length]) => `discard ${at * 64}k ${Math.min(length, 64 - at) * 64}k`),
    place.map(([at, length]) => `write -z -u ${at * 64}k ${Math.min(length, 64 - at) * 64}k`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(command, { maxLength: 5 }), { minLength: 1, maxLength: 5 }), async (disks) => {
      using scratch = new Scratch();
      const made = makeState(scratch, [], disks);
      const before = digests(join(made.foundation.disk, '..'));
      const { state } = await squashed(scratch, made);
      execFileSync('qemu-img', ['compare', made.state.disk, state.disk], { stdio: 'ignore' });
      t.deepEqual(diskChain(state.disk), [state.disk, ...diskChain(made.foundation.disk)]);
      t.deepEqual(digests(join(made.foundation.disk, '..')), before);
    }),
    { numRuns: 6 },
  );
});

qemuImgTest('what was written and discarded again takes no room in the one disk file', async (t) => {
  using scratch = new Scratch();
  const made = makeState(scratch, [], [['write -P 3 0 2M'], ['write -P 4 2M 2M'], ['discard 0 4M']]);
  const { state } = await squashed(scratch, made);
  t.true(statSync(state.disk).blocks * 512 < 1 << 20);
});

qemuImgTest('a state with a missing or shortened file is reported as damaged', async (t) => {
  using scratch = new Scratch();
  const made = makeState(scratch, [new Map([[3, 7]])], [['write -P 3 0 64k']]);
  const damaged = { instanceOf: LayerError, code: 'SNAPSHOT_DAMAGED' };
  const delta = made.state.memoryDeltas[0]!;
  truncateSync(delta, statSync(delta).size - 1);
  await t.throwsAsync(squashed(scratch, made), damaged);
  rmSync(delta);
  t.throws(() => isHeavy(made.state, 0), damaged);
  rmSync(made.state.disk);
  await t.throwsAsync(squashed(scratch, made), { instanceOf: LayerError });
});

qemuImgTest('squashing ends when it is cancelled', async (t) => {
  using scratch = new Scratch();
  const made = makeState(scratch, [new Map([[3, 7]])]);
  const signal = AbortSignal.abort(new Error('cancelled'));
  await t.throwsAsync(qemuSquasher.squash(made.state, made.foundation, scratch.make(), { signal }), {
    message: 'cancelled',
  });
});

test('a disk file that names itself as what it lies on is reported', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'loop.qcow2');
  writeHeader(file, file);
  t.throws(() => diskChain(file), { code: 'SNAPSHOT_DAMAGED', message: /lies on itself/ });
});

function writeHeader(file: string, backing: string | undefined): void {
  const header = Buffer.alloc(4096);
  header.write('QFI\xfb', 'latin1');
  if (backing !== undefined) {
    header.writeBigUInt64BE(104n, 8);
    header.writeUInt32BE(backing.length, 16);
    header.write(backing, 104);
  }
  writeFileSync(file, header);
}
