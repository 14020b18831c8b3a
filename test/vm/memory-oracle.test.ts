import { rmSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { qemuMachines } from '../../vm/index.ts';
import { type MachineState, STATE_FILES } from '../../vm/machine-state.ts';
import { PAGE_BYTES } from '../../vm/memory-delta.ts';
import { ProcessMemory } from '../../vm/process-memory.ts';
import { chainOf, MAX_DELTAS, PrivateMemorySaver } from '../../vm/state-saver.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';

const CHUNK_BYTES = 1 << 20;

/** Pages that differ between the live memory of a stopped machine and what its saved state describes. */
function differingPages(pid: number, mappedFile: string, state: MachineState): readonly number[] {
  if (state.format !== 'private') throw new Error('only private states have pages');
  using live = new ProcessMemory(pid, mappedFile);
  using saved = chainOf(live.bytes, state.memoryBase, state.memoryDeltas);
  const [left, right] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  const wrong: number[] = [];
  for (let page = 0; page < live.bytes / PAGE_BYTES; page += CHUNK_BYTES / PAGE_BYTES) {
    live.read(page, left);
    saved.read(page, right);
    if (left.equals(right)) continue;
    for (let at = 0; at < CHUNK_BYTES; at += PAGE_BYTES)
      if (left.compare(right, at, at + PAGE_BYTES, at, at + PAGE_BYTES) !== 0) wrong.push(page + at / PAGE_BYTES);
  }
  return wrong;
}

interface Verdict {
  readonly state: MachineState;
  readonly wrong: readonly number[];
}

/** What the oracle says of every save in this process, in order: it looks while the machine still stands still. */
const verdicts: Verdict[] = [];
let mappedFile: ((state: MachineState) => string) | undefined;

test.before(() => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const save = PrivateMemorySaver.prototype.save;
  PrivateMemorySaver.prototype.save = async function (qemu, target, disk) {
    const saved = await save.call(this, qemu, target, disk);
    const { state } = saved;
    const mapped = mappedFile?.(state) ?? (state.format === 'private' ? state.memoryBase : '');
    verdicts.push({ state, wrong: differingPages(qemu.pid, mapped, state) });
    return saved;
  };
});

test.beforeEach(() => {
  verdicts.length = 0;
  mappedFile = undefined;
});

function expectAllRight(t: ExecutionContext, saves: number): void {
  t.is(verdicts.length, saves);
  for (const [index, { wrong }] of verdicts.entries()) t.deepEqual(wrong, [], `save ${index + 1}`);
}

/** Work of a step: new pages, changed pages, and pages that become zeros. */
const WORK = (step: number): string =>
  `echo ${step} > /dev/shm/step; head -c 400000 /dev/urandom > /dev/shm/random-${step % 3}; ` +
  `head -c 300000 /dev/zero > /dev/shm/random-${(step + 1) % 3}; sync`;

machineTest(
  'memory rebuilt from base and deltas equals the live memory after each save, beyond the longest chain and across restores',
  async (t, base, scratch) => {
    const states: MachineState[] = [];
    {
      await using restored = await restore(base, scratch);
      for (let step = 1; step <= MAX_DELTAS + 2; step++) {
        await output(restored.machine, WORK(step));
        states.push((await restored.save()).state);
      }
    }
    expectAllRight(t, MAX_DELTAS + 2);
    const lengths = states.map((state) => (state.format === 'private' ? state.memoryDeltas.length : -1));
    t.deepEqual(lengths, [...Array.from({ length: MAX_DELTAS }, (_, index) => index + 1), 1, 2]);

    for (const step of [3, MAX_DELTAS, MAX_DELTAS + 2]) {
      await using again = await restore(base, scratch, states[step - 1]);
      t.is(await output(again.machine, 'cat /dev/shm/step'), `${step}\n`);
      await output(again.machine, WORK(step + 100));
      await again.save();
      await output(again.machine, 'sync');
      await again.save();
    }
    expectAllRight(t, MAX_DELTAS + 2 + 6);
  },
);

machineTest(
  'a whole base saved of a restored machine holds all of its memory, and machines start from it',
  async (t, base, scratch) => {
    mappedFile = () => (base.state.format === 'private' ? base.state.memoryBase : '');
    const [folder, next] = [scratch.make(), scratch.make()];
    const { config, state } = base;
    const keys = base.image.keys;
    let saved: MachineState;
    {
      const disk = join(folder, STATE_FILES.disk);
      await using machine = await qemuMachines.restore({ config, keys, disk, state });
      await output(machine, WORK(1));
      await machine.freeze();
      ({ state: saved } = await machine.save({ folder, nextDisk: join(next, STATE_FILES.disk), wholeMemory: true }));
    }
    expectAllRight(t, 1);
    mappedFile = undefined;
    await using again = await restore(base, scratch, saved);
    t.is(await output(again.machine, 'cat /dev/shm/step'), '1\n');
  },
);

machineTest('a machine that was booted is saved as a whole base and then in deltas', async (t, base, scratch) => {
  const [folder, next, last] = [scratch.make(), scratch.make(), scratch.make()];
  const disk = join(folder, STATE_FILES.disk);
  mappedFile = () => `${disk}.memory`;
  const { config, image } = base;
  await using machine = await qemuMachines.boot({
    config,
    keys: image.keys,
    imageDisk: image.disk,
    disk,
    format: 'private',
  });
  await machine.freeze();
  await machine.save({ folder, nextDisk: join(next, STATE_FILES.disk), wholeMemory: true });
  await machine.thaw();
  await output(machine, WORK(1));
  await machine.freeze();
  await machine.save({ folder: next, nextDisk: join(last, STATE_FILES.disk) });
  expectAllRight(t, 2);
  t.notThrows(() => rmSync(join(last, STATE_FILES.disk)));
});
