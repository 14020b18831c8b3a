import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import test from 'ava';

import { runCommandLine } from '../../../cli/command-line.ts';
import { shellHint } from '../../../cli/commands/shell-hint.ts';
import { Interrupted } from '../../../cli/signals.ts';
import type { Runner } from '../../../cli/surroundings.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { RecordedStream } from '../recorded-stream.ts';

type OpenShell = Runner['openShell'];
type ShellOptions = Parameters<OpenShell>[0];

class FakeTty extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(isRaw: boolean): this {
    this.modes.push(isRaw);
    return this;
  }
}

interface Given {
  readonly stdin?: Readable;
  readonly isTerminal?: boolean;
  readonly controller?: AbortController;
  readonly stdout?: RecordedStream;
}

async function layer(args: readonly string[], openShell: OpenShell, given: Given = {}) {
  const { stdin = Readable.from([]), isTerminal = false } = given;
  const stdout = given.stdout ?? new RecordedStream({ isTTY: isTerminal });
  const stderr = new RecordedStream();
  const { signal } = given.controller ?? new AbortController();
  const exitCode = await runCommandLine(args, {
    isStdinTerminal: () => isTerminal,
    stdout,
    stderr,
    stdin: () => stdin,
    environment: { LAYER_HOME: '/home/layer', TERM: 'xterm' },
    currentFolder: () => '/tmp',
    readInput: () => '',
    loadRunner: () => Promise.resolve({ openShell } as Partial<Runner> as Runner),
    watchSignals: () => ({ signal, passTo: () => undefined, [Symbol.dispose]: () => undefined }),
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

const ended = (exitCode: number): ReturnType<OpenShell> => Promise.resolve({ exitCode, signalName: null });

test('a shell’s operands are PATH and STEP, and what stands after -- is the command', async (t) => {
  const asked: Partial<ShellOptions>[] = [];
  const openShell: OpenShell = ({ path, step, words, terminal }) => {
    asked.push({ path, step, words, ...(terminal === undefined ? {} : { terminal }) });
    return ended(0);
  };
  for (const line of ['', 'web 3', '3', '/tmp', '3 -- ls -l --json', '-- env'])
    await layer(['shell', ...line.split(' ').filter((word) => word !== '')], openShell);
  t.deepEqual(asked, [
    { path: '.', step: null, words: [] },
    { path: 'web', step: '3', words: [] },
    { path: '.', step: '3', words: [] },
    { path: '/tmp', step: null, words: [] },
    { path: '.', step: '3', words: ['ls', '-l', '--json'] },
    { path: '.', step: null, words: ['env'] },
  ]);
});

test('--rev names the commit whose machine is opened', async (t) => {
  const asked: (string | undefined)[] = [];
  const openShell: OpenShell = ({ rev }) => {
    asked.push(rev);
    return ended(0);
  };
  await layer(['shell', '3', '--rev', 'main'], openShell);
  await layer(['shell', '3'], openShell);
  t.deepEqual(asked, ['main', undefined]);
});

test('a third operand, a -- with nothing after it and flags of runs are usage errors', async (t) => {
  for (const [args, complaint] of [
    [['a', '1', 'b'], /Unexpected `b`/],
    [['1', '--'], /`--` needs a command after it/],
    [['--json'], /Unknown flag `--json` for `layer shell`/],
  ] as const) {
    const { exitCode, stderr } = await layer(['shell', ...args], () => ended(0));
    t.is(exitCode, 2);
    t.regex(stderr, complaint);
  }
});

test('without a terminal stdin is read to its end, output stays apart, and the exit code is the command’s', async (t) => {
  const openShell: OpenShell = async ({ input, onOutput, onState, onReady, terminal }) => {
    const step = { number: 2, instruction: 'RUN a' };
    onState({ layerfile: 'Layerfile', kind: 'restored', step, asked: null, createdAtMs: 0 });
    onReady();
    onOutput('stdout', Buffer.from(await text(input)));
    onOutput('stderr', Buffer.from([0xc3, 0xa9]));
    return { exitCode: terminal === undefined ? 5 : 0, signalName: null };
  };
  const { exitCode, stdout, stderr } = await layer(['shell'], openShell, {
    stdin: Readable.from([Buffer.from('ls\n')]),
  });
  t.is(exitCode, 5);
  t.is(stdout, 'ls\n');
  t.is(stderr, 'layer: Layerfile after step 2 (RUN a); nothing is kept\né');
});

test('a signal that ends the command is told as shells tell it', async (t) => {
  const { exitCode } = await layer(['shell'], () => Promise.resolve({ exitCode: null, signalName: 'SIGTERM' }));
  t.is(exitCode, 143);
});

for (const [what, error, exitCode] of [
  ['an interrupt', new Interrupted('SIGTERM'), 130],
  ['the death of its machine', new LayerError('MACHINE_DIED', 'The machine ended unexpectedly'), 3],
] as const) {
  test(`${what} gives the terminal back as it was`, async (t) => {
    const stdin = new FakeTty();
    const controller = new AbortController();
    const openShell: OpenShell = ({ onReady }) => {
      onReady();
      t.deepEqual(stdin.modes, [true]);
      if (error instanceof Interrupted) controller.abort(error);
      return Promise.reject(error);
    };
    const run = await layer(['shell'], openShell, { stdin, isTerminal: true, controller });
    t.is(run.exitCode, exitCode);
    t.deepEqual(stdin.modes, [true, false]);
    t.regex(run.stdout, /\u001b\[\?25h/);
  });
}

test('a reader that goes away ends the command, as SIGPIPE would', async (t) => {
  const stdout = Object.assign(new RecordedStream(), { isReaderGone: true });
  const openShell: OpenShell = ({ onOutput, signal }) => {
    onOutput('stdout', Buffer.from('y\n'));
    return Promise.reject(signal.reason as Error);
  };
  t.is((await layer(['shell', '--', 'yes'], openShell, { stdout })).exitCode, 141);
});

test('the hint after a failure names the Layerfile as seen from the current folder', (t) => {
  const hint = (layerfile: string, currentFolder: string, copy?: number): string =>
    shellHint({ layerfile, step: 4, ...(copy === undefined ? {} : { copy }) }, '/srv/app', currentFolder);
  t.is(hint('Layerfile', '/srv/app'), '  hint: `layer shell 4` opens its machine as it was then');
  t.regex(hint('web/Layerfile', '/srv/app'), /`layer shell web 4`/);
  t.regex(hint('web/Layerfile', '/srv/app/web'), /`layer shell 4`/);
  t.regex(hint('Layerfile', '/srv/app/web'), /`layer shell \.\. 4`/);
  t.regex(hint('my app/Layerfile', '/srv/app', 2), /`layer shell 'my app' '4#2'`/);
});
