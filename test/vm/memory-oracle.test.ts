import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { qemuMachines, qemuSquasher } from '../../vm/index.ts';
import { type MachineState, STATE_FILES } from '../../vm/machine-state.ts';
import { chainOf } from '../../vm/state-saver.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { takeVerdicts, watchSaves } from '../helpers/memory-oracle.ts';
import { ORACLE_EVERYWHERE } from '../helpers/oracle-switch.ts';
import { output, restore } from '../helpers/shared-base.ts';

const MIB = 1 << 20;
const MAX_DELTAS = 4;
/** Many more than the longest chain where every save is looked at (`npm run test:oracle`). */
const STEPS = ORACLE_EVERYWHERE ? 30 : MAX_DELTAS + 2;

test.before(watchSaves);
test.beforeEach(() => void takeVerdicts());

function expectAllRight(t: ExecutionContext, saves: number): void {
  t.deepEqual(
    takeVerdicts(),
    Array.from({ length: saves }, () => []),
  );
}

function sameMemory(memoryBytes: number, ...states: readonly [MachineState, MachineState]): boolean {
  const [left, right] = states.map((state) => {
    if (state.format !== 'private') throw new Error('only private states have pages');
    using pages = chainOf(memoryBytes, state.memoryBase, state.memoryDeltas);
    const bytes = Buffer.alloc(memoryBytes);
    pages.read(0, bytes);
    return bytes;
  });
  return left!.equals(right!);
}

/** Work of a step: new pages, changed pages, and pages that become zeros. */
const WORK = (step: number): string =>
  `echo ${step} | tee /root/step > /dev/shm/step; head -c 400000 /dev/urandom > /dev/shm/random-${step % 3}; ` +
  `head -c 300000 /dev/zero > /dev/shm/random-${(step + 1) % 3}; sync`;

machineTest(
  'memory rebuilt from base and deltas equals the live memory after each save, beyond the longest chain and across restores',
  async (t, base, scratch) => {
    // The base itself may have been saved just now.
    takeVerdicts();
    const states: MachineState[] = [];
    {
      await using restored = await restore(base, scratch, base.state, { maxDeltas: MAX_DELTAS });
      for (let step = 1; step <= STEPS; step++) {
        await output(restored.machine, WORK(step));
        states.push((await restored.save()).state);
      }
    }
    expectAllRight(t, STEPS);
    const lengths = states.map((state) => (state.format === 'private' ? state.memoryDeltas.length : -1));
    t.deepEqual(
      lengths,
      states.map((_, index) => (index % MAX_DELTAS) + 1),
    );

    for (const step of [3, MAX_DELTAS, STEPS]) {
      // Chains of what was laid as QEMU began are shortened as well.
      await using again = await restore(base, scratch, states[step - 1], { maxDeltas: MAX_DELTAS });
      t.is(await output(again.machine, 'cat /dev/shm/step'), `${step}\n`);
      await output(again.machine, WORK(step + 100));
      await again.save();
      await output(again.machine, 'sync');
      await again.save();
    }
    expectAllRight(t, 6);

    // What was squashed is the same machine.
    const last = states[STEPS - 1]!;
    const squashed = await qemuSquasher.squash(last, base.state, scratch.make());
    t.true(sameMemory(base.config.memoryMib * MIB, last, squashed));
    execFileSync('qemu-img', ['compare', last.disk, squashed.disk], { stdio: 'ignore' });
    await using again = await restore(base, scratch, squashed);
    t.is(await output(again.machine, 'cat /dev/shm/step /root/step'), `${STEPS}\n${STEPS}\n`);
    await again.save();
    expectAllRight(t, 1);
  },
);

machineTest(
  'a whole base saved of a restored machine holds all of its memory, and machines start from it',
  async (t, base, scratch) => {
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
    await using again = await restore(base, scratch, saved);
    t.is(await output(again.machine, 'cat /dev/shm/step'), '1\n');
  },
);

machineTest('a machine that was booted is saved as a whole base and then in deltas', async (t, base, scratch) => {
  const [folder, next, last] = [scratch.make(), scratch.make(), scratch.make()];
  const disk = join(folder, STATE_FILES.disk);
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
