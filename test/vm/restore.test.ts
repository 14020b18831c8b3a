import { join } from 'node:path';

import { type MachineState, qemuMachines, STATE_FILES } from '../../vm/index.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { processesNaming } from '../helpers/processes.ts';
import { output, restore, type Scratch, type SharedBase } from '../helpers/shared-base.ts';

/** Restores the base, does `commands` in it, and saves it. */
async function stateAfter(base: SharedBase, scratch: Scratch, commands: string): Promise<MachineState> {
  await using restored = await restore(base, scratch);
  await output(restored.machine, commands);
  return (await restored.save()).state;
}

machineTest(
  'two restores of one snapshot read different random numbers from the first on',
  async (t, base, scratch) => {
    const state = await stateAfter(base, scratch, 'cat /proc/sys/kernel/random/uuid > /dev/null');
    const read: string[] = [];
    for (let time = 0; time < 2; time++) {
      await using restored = await restore(base, scratch, state);
      read.push(
        await output(restored.machine, 'cat /proc/sys/kernel/random/uuid; head -c 8 /dev/urandom | od -An -tx8'),
      );
    }
    t.regex(read[0]!, /^[0-9a-f-]{36}\n/);
    const words = read.flatMap((text) => text.trim().split(/\s+/));
    t.is(new Set(words).size, 4);
  },
);

machineTest("the clock of a restored machine is within 500 ms of the host's", async (t, base, scratch) => {
  const started = Date.now();
  await using restored = await restore(base, scratch);
  // The time the guest gets is that of the asking; on a host too busy to start a machine in 500 ms it is older than that.
  const toleranceMs = Math.max(500, Date.now() - started);
  // The first command would count the log-in as well.
  await output(restored.machine, 'true');
  const earliest = Date.now() - toleranceMs;
  const guest = Number(await output(restored.machine, 'date +%s%3N'));
  const latest = Date.now() + toleranceMs;
  t.true(guest >= earliest && guest <= latest, `${guest} is not between ${earliest} and ${latest}`);
});

machineTest('the hooks of the image run before the first command, in order', async (t, base, scratch) => {
  const hook = (name: string): string =>
    `printf '#!/bin/sh\\necho ${name} >> /dev/shm/hooks\\n' > /etc/layer/restore.d/${name}; chmod +x /etc/layer/restore.d/${name}; `;
  const state = await stateAfter(
    base,
    scratch,
    `mkdir -p /etc/layer/restore.d; ${hook('20-second')}${hook('10-first')}`,
  );
  await using restored = await restore(base, scratch, state);
  t.is(await output(restored.machine, 'cat /dev/shm/hooks'), '10-first\n20-second\n');
});

machineTest('a restore fails when a hook fails, and leaves no machine', async (t, base, scratch) => {
  const commands =
    'printf "#!/bin/sh\\nexit 3\\n" > /etc/layer/restore.d/50-broken; chmod +x /etc/layer/restore.d/50-broken';
  const state = await stateAfter(base, scratch, `mkdir -p /etc/layer/restore.d; ${commands}`);
  const disk = join(scratch.make(), STATE_FILES.disk);
  const restoring = qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state });
  await t.throwsAsync(restoring, { code: 'GUEST_PROTOCOL', message: /restored.*\/etc\/layer\/restore\.d/ });
  t.deepEqual(processesNaming(disk), []);
});

machineTest('background processes and their open files live on through a restore', async (t, base, scratch) => {
  const state = await stateAfter(
    base,
    scratch,
    'cd /root; setsid sh -c "exec 3> /dev/shm/open; while [ ! -e /dev/shm/go ]; do sleep 0.1; done; echo alive >&3" > /dev/null 2>&1 &',
  );
  await using restored = await restore(base, scratch, state);
  const waiting =
    'touch /dev/shm/go; for i in $(seq 100); do [ -s /dev/shm/open ] && break; sleep 0.1; done; cat /dev/shm/open';
  t.is(await output(restored.machine, waiting), 'alive\n');
});

machineTest(
  'a snapshot taken in the middle of a talkative session is restored into a clean one',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const talks = Promise.withResolvers<undefined>();
    const talking = new AbortController();
    const flood = restored.machine.run('yes flood', {
      onOutput: () => talks.resolve(undefined),
      signal: talking.signal,
    });
    const ended = t.throwsAsync(flood, { message: 'enough' });
    await talks.promise;
    const states = [(await restored.save()).state, (await restored.save()).state];
    talking.abort(new Error('enough'));
    await ended;
    for (const state of states) {
      await using again = await restore(base, scratch, state);
      t.is(await output(again.machine, 'echo clean'), 'clean\n');
    }
  },
);
