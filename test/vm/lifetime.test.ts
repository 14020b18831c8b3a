import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import test from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import { qemuMachines, STATE_FILES } from '../../vm/index.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { becomesTrue, isRunning, processesNaming } from '../helpers/processes.ts';
import { output, restore, type Scratch, type SharedBase } from '../helpers/shared-base.ts';

/** Where machines of this process keep their sockets: short, and watched for what is left. */
const temporary = mkdtempSync('/tmp/lt-');
test.before(() => void (process.env['TMPDIR'] = temporary));
test.after.always(() => rmSync(temporary, { recursive: true, force: true }));

/**
 * What machines of this process left behind in the temporary folder. The tests' own folders lie there as well, and that of
 * a process that was killed: it is named after that process, and swept when the next machine starts.
 */
function leftovers(): readonly string[] {
  return readdirSync(temporary).filter((name) => name.startsWith(`layer-${process.pid}-`));
}

function qemuOf(disk: string): number {
  const [pid] = processesNaming(disk);
  if (pid === undefined) throw new Error('no QEMU has this disk');
  return pid;
}

async function restoreIn(base: SharedBase, scratch: Scratch, signal?: AbortSignal) {
  const disk = join(scratch.make(), STATE_FILES.disk);
  const options = { config: base.config, keys: base.image.keys, disk, state: base.state, signal };
  return { disk, machine: await qemuMachines.restore(options) };
}

machineTest('the end of a machine leaves no process and no folder', async (t, base, scratch) => {
  const { machine, disk } = await restoreIn(base, scratch);
  await output(machine, 'true');
  t.not(leftovers().length, 0);
  await machine[Symbol.asyncDispose]();
  t.deepEqual(processesNaming(disk), []);
  t.deepEqual(leftovers(), []);
});

machineTest('QEMU ends when the process that started it is killed with SIGKILL', async (t, _, scratch) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'restoring-child.ts'), scratch.make()], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: process.env,
  });
  await once(child.stdout, 'data');
  const [qemu] = processesNaming(scratch.folder).filter((pid) => pid !== child.pid);
  t.true(qemu !== undefined && isRunning(qemu));
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.true(await becomesTrue(() => !isRunning(qemu!)));
});

machineTest(
  'when QEMU is killed, a request that waits for the guest fails at once, with the reason',
  async (t, base, scratch) => {
    const { machine, disk } = await restoreIn(base, scratch);
    await using _machine = machine;
    const qemu = qemuOf(disk);
    process.kill(qemu, 'SIGSTOP');
    const waiting = t.throwsAsync(machine.freeze(), { instanceOf: LayerError, code: 'MACHINE_DIED' });
    const started = performance.now();
    process.kill(qemu, 'SIGKILL');
    await waiting;
    t.true(performance.now() - started < 5000);
  },
);

machineTest(
  'a machine that a guest ends says what its console printed last, however much came before',
  async (t, base, scratch) => {
    const { machine } = await restoreIn(base, scratch);
    await using _machine = machine;
    const ended = t.throwsAsync(machine.died, {
      code: 'MACHINE_DIED',
      message: /__handle_sysrq/,
    });
    const script = 'yes noise | head -c 100000 >/dev/ttyS0; echo last words >/dev/ttyS0; echo c >/proc/sysrq-trigger';
    await t.throwsAsync(machine.run(script), { code: 'MACHINE_DIED' });
    const error = await ended;
    t.true(error.message.length < 5000);
  },
);

machineTest('when QEMU is killed while it is saved, the save fails at once', async (t, base, scratch) => {
  const folder = scratch.make();
  const disk = join(folder, STATE_FILES.disk);
  const { config, state } = base;
  await using machine = await qemuMachines.restore({ config, keys: base.image.keys, disk, state });
  await machine.freeze();
  const qemu = qemuOf(disk);
  process.kill(qemu, 'SIGSTOP');
  const saving = machine.save({ folder, nextDisk: join(scratch.make(), STATE_FILES.disk) });
  const failed = t.throwsAsync(saving, { instanceOf: LayerError, code: 'MACHINE_DIED' });
  process.kill(qemu, 'SIGKILL');
  await failed;
});

machineTest('the signal of a machine ends its wait for a QEMU that has stopped answering', async (t, base, scratch) => {
  const cancel = new AbortController();
  const { machine, disk } = await restoreIn(base, scratch, cancel.signal);
  process.kill(qemuOf(disk), 'SIGSTOP');
  const target = { folder: scratch.make(), nextDisk: join(scratch.make(), STATE_FILES.disk) };
  const waits = [machine.freeze(), machine.save(target)].map((wait) => t.throwsAsync(wait, { message: 'Ctrl-C' }));
  cancel.abort(new Error('Ctrl-C'));
  await Promise.all(waits);
  await machine[Symbol.asyncDispose]();
  t.deepEqual(processesNaming(disk), []);
  t.deepEqual(leftovers(), []);
});

machineTest('a restore or a boot that is cancelled at any moment leaves nothing', async (t, base, scratch) => {
  const { config, image, state } = base;
  const keys = image.keys;
  for (const afterMs of [0, 5, 20, 40, 60, 90, 120]) {
    const disk = join(scratch.make(), STATE_FILES.disk);
    const signal = AbortSignal.timeout(afterMs);
    const starts = [
      qemuMachines.restore({ config, keys, disk, state, signal }),
      qemuMachines.boot({ config, keys, disk: `${disk}.boot`, imageDisk: image.disk, format: 'private', signal }),
    ];
    for (const start of await Promise.allSettled(starts))
      if (start.status === 'fulfilled') await start.value[Symbol.asyncDispose]();
    t.deepEqual(processesNaming(disk), [], `${afterMs} ms`);
    t.deepEqual(leftovers(), [], `${afterMs} ms`);
  }
});

machineTest(
  'the first command of a machine that is killed meanwhile fails at once, and says that the machine ended',
  async (t, base, scratch) => {
    for (const afterMs of [0, 10, 30, 50, 70, 90, 120]) {
      await using restored = await restore(base, scratch);
      const [qemu] = processesNaming(scratch.folder);
      const running = t.throwsAsync(
        restored.machine.run('sleep 60'),
        { instanceOf: LayerError, code: 'MACHINE_DIED', message: /^The machine ended unexpectedly/ },
        `${afterMs} ms`,
      );
      await delay(afterMs);
      process.kill(qemu!, 'SIGKILL');
      await running;
    }
  },
);

machineTest('a temporary folder with too long a path is refused with a hint', async (t, base, scratch) => {
  const long = join(temporary, 'layer-test-long', 'x'.repeat(100));
  mkdirSync(long, { recursive: true });
  process.env['TMPDIR'] = long;
  t.teardown(() => void (process.env['TMPDIR'] = temporary));
  const error = await t.throwsAsync(restoreIn(base, scratch), { instanceOf: LayerError, code: 'MACHINE_START' });
  t.is(error.hint, 'Set TMPDIR to a shorter one.');
  t.deepEqual(readdirSync(long), []);
});
