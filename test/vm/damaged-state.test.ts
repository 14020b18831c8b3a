import { copyFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { ExecutionContext } from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import { type Machine, qemuMachines, STATE_FILES } from '../../vm/index.ts';
import type { PrivateMemoryState } from '../../vm/machine-state.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { becomesTrue, processesNaming } from '../helpers/processes.ts';
import { restore, type Scratch, type SharedBase } from '../helpers/shared-base.ts';

/** A state with one delta, whose files (but the base) are the test's own to damage. */
async function ownState(base: SharedBase, scratch: Scratch): Promise<PrivateMemoryState> {
  await using restored = await restore(base, scratch);
  const { state } = await restored.save();
  if (state.format !== 'private') throw new Error('not a private state');
  return state;
}

async function expectDamaged(
  t: ExecutionContext,
  base: SharedBase,
  scratch: Scratch,
  state: PrivateMemoryState,
): Promise<void> {
  const disk = join(scratch.make(), STATE_FILES.disk);
  const restoring = qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state });
  await t.throwsAsync(restoring, { instanceOf: LayerError, code: 'SNAPSHOT_DAMAGED' });
  t.deepEqual(processesNaming(disk), []);
}

/** Kills QEMU some time after it is there. */
async function killSoon(disk: string, afterMs: number): Promise<void> {
  await becomesTrue(() => processesNaming(disk).length > 0);
  await delay(afterMs);
  for (const pid of processesNaming(disk)) process.kill(pid, 'SIGKILL');
}

async function ended(machine: Machine): Promise<'ran'> {
  await machine[Symbol.asyncDispose]();
  return 'ran';
}

machineTest('a delta that was cut short is found before the guest runs', async (t, base, scratch) => {
  const state = await ownState(base, scratch);
  const delta = state.memoryDeltas[0]!;
  truncateSync(delta, statSync(delta).size - 1);
  await expectDamaged(t, base, scratch, state);
  rmSync(delta);
  await expectDamaged(t, base, scratch, state);
});

machineTest('a base that was cut short or is missing is found before QEMU maps it', async (t, base, scratch) => {
  const state = await ownState(base, scratch);
  const short = join(scratch.make(), STATE_FILES.memoryBase);
  writeFileSync(short, '');
  truncateSync(short, statSync(state.memoryBase).size - 4096);
  await expectDamaged(t, base, scratch, { ...state, memoryBase: short });
  await expectDamaged(t, base, scratch, { ...state, memoryBase: `${short}.absent` });
});

machineTest(
  'device state that is missing, empty, cut short or nonsense is reported, and nothing hangs',
  async (t, base, scratch) => {
    const state = await ownState(base, scratch);
    const deviceState = join(scratch.make(), STATE_FILES.deviceState);
    const damaged = { ...state, deviceState };
    await expectDamaged(t, base, scratch, damaged);
    copyFileSync(state.deviceState, deviceState);
    truncateSync(deviceState, Math.floor(statSync(deviceState).size / 2));
    await expectDamaged(t, base, scratch, damaged);
    truncateSync(deviceState, 0);
    await expectDamaged(t, base, scratch, damaged);
    writeFileSync(deviceState, 'nonsense'.repeat(1000));
    await expectDamaged(t, base, scratch, damaged);
  },
);

machineTest('a QEMU that is killed while it loads a state is no damage of the state', async (t, base, scratch) => {
  const codes = new Set<string>();
  for (const afterMs of [0, 10, 20, 30, 40, 50, 60]) {
    const disk = join(scratch.make(), STATE_FILES.disk);
    const restoring = qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state: base.state });
    const killed = killSoon(disk, afterMs);
    codes.add(await restoring.then(ended, (error: unknown) => (error instanceof LayerError ? error.code : 'another')));
    await killed;
  }
  t.true(codes.has('MACHINE_START') || codes.has('MACHINE_DIED'), 'some were killed in time');
  for (const code of codes) t.true(['MACHINE_START', 'MACHINE_DIED', 'ran'].includes(code), code);
});

machineTest('a missing disk is reported by name', async (t, base, scratch) => {
  const state = await ownState(base, scratch);
  rmSync(state.disk);
  await expectDamaged(t, base, scratch, state);
});
