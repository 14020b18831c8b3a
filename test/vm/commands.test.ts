import { createHash } from 'node:crypto';

import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';
import { sharedMachine } from '../helpers/shared-machine.ts';

machineTest('twenty commands at once each get their own output and end', async (t) => {
  const machine = await sharedMachine();
  const runs = Array.from({ length: 20 }, async (_, index) => {
    let text = '';
    const end = await machine.run(`echo ${index}; exit ${index}`, {
      onOutput: (_stream, bytes) => (text += bytes.toString()),
    });
    return { text, exitCode: end.exitCode };
  });
  const expected = Array.from({ length: 20 }, (_, index) => ({ text: `${index}\n`, exitCode: index }));
  t.deepEqual(await Promise.all(runs), expected);
});

machineTest('nothing of how the image was made keeps the services of packages from starting', async (t) => {
  const machine = await sharedMachine();
  t.is(await output(machine, 'ls -d /usr/sbin/policy-rc.d /sbin/start-stop-daemon.REAL 2> /dev/null || :'), '');
  t.regex(await output(machine, '/sbin/start-stop-daemon --version'), /^start-stop-daemon \d/);
});

machineTest('sixteen mebibytes of output arrive whole and in order', async (t) => {
  const machine = await sharedMachine();
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const end = await machine.run('seq 2300000 | tee /dev/shm/all', {
    onOutput: (_, bytes) => {
      hash.update(bytes);
      sizeBytes += bytes.length;
    },
  });
  t.is(end.exitCode, 0);
  t.true(sizeBytes > 16 << 20);
  const digest = hash.digest('hex');
  t.is(await output(machine, 'sha256sum < /dev/shm/all'), `${digest}  -\n`);
});

machineTest('a command whose output never ends can be cancelled, and others run on', async (t) => {
  const machine = await sharedMachine();
  const cancelled = new AbortController();
  const { promise: flooding, resolve } = Promise.withResolvers<undefined>();
  let received = 0;
  const flood = machine.run('yes', {
    signal: cancelled.signal,
    onOutput: (_, bytes) => {
      received += bytes.length;
      if (received > 1 << 20) resolve(undefined);
    },
  });
  const ended = t.throwsAsync(flood, { message: 'enough' });
  await flooding;
  cancelled.abort(new Error('enough'));
  await ended;
  const atTheEnd = received;
  t.is(await output(machine, 'echo on'), 'on\n');
  t.is(received, atTheEnd);
  // The program notices that nobody listens.
  const gone = 'for i in $(seq 100); do pgrep -x yes > /dev/null || exit 0; sleep 0.1; done; exit 1';
  t.deepEqual(await machine.run(gone), { exitCode: 0, signalName: null });
});

machineTest(
  'the first command may be cancelled while the machine logs in, and the next one runs',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const cancelled = new AbortController();
    const first = restored.machine.run('true', { signal: cancelled.signal });
    cancelled.abort(new Error('changed my mind'));
    await t.throwsAsync(first, { message: 'changed my mind' });
    t.is(await output(restored.machine, 'echo on'), 'on\n');
  },
);

machineTest('more than ten commands one after the other leave no listeners behind', async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', onWarning);
  t.teardown(() => void process.off('warning', onWarning));
  const machine = await sharedMachine();
  for (let index = 0; index < 15; index++) t.is(await output(machine, 'echo on'), 'on\n');
  t.deepEqual(warnings, []);
});
