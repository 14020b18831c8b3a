import { copyFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import { qemuMachines, STATE_FILES } from '../../vm/index.ts';
import type { PrivateMemoryState } from '../../vm/machine-state.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { processesNaming } from '../helpers/processes.ts';
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

machineTest('a missing disk is reported by name', async (t, base, scratch) => {
  const state = await ownState(base, scratch);
  rmSync(state.disk);
  await expectDamaged(t, base, scratch, state);
});
