import { once } from 'node:events';
import test from 'ava';

import { startScript, untilEnded } from './child.ts';

/** Prints `ready`, then the reason of the abort; goes on until it is told to end or killed. */
const WATCHING = `
  import { watchSignals } from './cli/signals.ts';
  const { signal } = watchSignals();
  signal.addEventListener('abort', () => process.stdout.write(signal.reason.name + ': ' + signal.reason.message));
  process.stdin.on('data', () => process.exit(7));
  process.stdout.write('ready');
`;

for (const signalName of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signalName} asks, and the process goes on`, async (t) => {
    const child = startScript(WATCHING);
    const ended = untilEnded(child);
    await once(child.stdout, 'data');
    child.kill(signalName);
    await once(child.stdout, 'data');
    child.stdin.write('end');
    t.like(await ended, { exitCode: 7, stdout: `readyInterrupted: Interrupted by ${signalName}` });
  });
}

test('a second SIGINT ends the process at once, with 130', async (t) => {
  const child = startScript(WATCHING);
  const ended = untilEnded(child);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  t.like(await ended, { exitCode: 130, signalName: null });
});

test('a second SIGTERM changes nothing', async (t) => {
  const child = startScript(`${WATCHING} process.on('SIGHUP', () => process.exit(9));`);
  const ended = untilEnded(child);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  child.kill('SIGHUP');
  t.like(await ended, { exitCode: 9 });
});

test('what watches no longer leaves signals to Node', async (t) => {
  const child = startScript(`
    import { watchSignals } from './cli/signals.ts';
    { using watch = watchSignals(); }
    process.stdin.resume();
    process.stdout.write('ready');
  `);
  const ended = untilEnded(child);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  t.like(await ended, { signalName: 'SIGINT' });
});

test('signals can be passed to somebody else, and then end nothing', async (t) => {
  const child = startScript(`
    import { watchSignals } from './cli/signals.ts';
    const watch = watchSignals();
    watch.passTo((name) => process.stdout.write(name + (watch.signal.aborted ? ' aborted' : '')));
    process.stdin.on('data', () => process.exit(7));
    process.stdout.write('ready');
  `);
  const ended = untilEnded(child);
  await once(child.stdout, 'data');
  for (const signalName of ['SIGINT', 'SIGINT'] as const) {
    child.kill(signalName);
    await once(child.stdout, 'data');
  }
  child.stdin.write('end');
  t.like(await ended, { exitCode: 7, stdout: 'readySIGINTSIGINT' });
});
