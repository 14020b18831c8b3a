import { PassThrough } from 'node:stream';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

import { runCommandLine } from '../../cli/command-line.ts';
import { Interrupted } from '../../cli/signals.ts';
import type { Runner } from '../../cli/surroundings.ts';
import { openSecretStore } from '../../runner/index.ts';
import { RecordedStream } from './recorded-stream.ts';

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal that somebody types at, as far as a prompt needs one. */
class Keyboard extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw);
  }
}

class Home implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-cli-secret-'));
  readonly controller = new AbortController();

  /** Runs `layer secret ...` with `stdin`: text that is piped in, or a keyboard. */
  async secret(args: string, stdin: string | PassThrough = ''): Promise<Ended> {
    const [stdout, stderr] = [new RecordedStream(), new RecordedStream()];
    const exitCode = await runCommandLine(['secret', ...args.split(' ')], {
      stdout,
      stderr,
      isStdinTerminal: () => typeof stdin !== 'string',
      stdin: () => (typeof stdin === 'string' ? new PassThrough().end(stdin) : stdin),
      environment: { LAYER_HOME: this.#folder },
      currentFolder: () => '/current',
      readInput: () => '',
      loadRunner: () => Promise.resolve({ openSecretStore } as Runner),
      watchSignals: () => ({
        signal: this.controller.signal,
        passTo: () => undefined,
        [Symbol.dispose]: () => undefined,
      }),
    });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  value(name: string): string | undefined {
    return openSecretStore(this.#folder).value(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

test('a value is taken from stdin, but for one line feed at its end, and shown nowhere', async (t) => {
  using home = new Home();
  t.deepEqual(await home.secret('set TOKEN', 'hunter2\n'), { exitCode: 0, stdout: 'TOKEN is stored\n', stderr: '' });
  t.is(home.value('TOKEN'), 'hunter2');
  t.deepEqual(await home.secret('set TOKEN', 'a\nb\n\n'), { exitCode: 0, stdout: 'TOKEN is replaced\n', stderr: '' });
  t.is(home.value('TOKEN'), 'a\nb\n');
});

test('at a terminal the value is typed, with corrections, and not shown', async (t) => {
  using home = new Home();
  const keyboard = new Keyboard();
  for (const keys of ['wrong\u0015hunt', 'ex\u007fr2\u001b[D', '\u0008é\r']) keyboard.write(keys);
  const { exitCode, stdout, stderr } = await home.secret('set TOKEN', keyboard);
  t.is(exitCode, 0);
  t.is(home.value('TOKEN'), 'hunteré');
  t.is(stdout, 'TOKEN is stored\n');
  t.is(stderr, 'Value of TOKEN (not shown): \n');
  t.deepEqual(keyboard.modes, [true, false], 'the terminal is as it was');
});

test('Ctrl-C at the prompt stores nothing and leaves the terminal as it was', async (t) => {
  using home = new Home();
  const keyboard = new Keyboard();
  keyboard.write('hun\u0003');
  const { exitCode } = await home.secret('set TOKEN', keyboard);
  t.is(exitCode, 130);
  t.is(home.value('TOKEN'), undefined);
  t.deepEqual(keyboard.modes, [true, false]);
});

test('a signal ends the wait for a value', async (t) => {
  for (const stdin of [new Keyboard(), new PassThrough()]) {
    using home = new Home();
    const ended = home.secret('set TOKEN', stdin);
    home.controller.abort(new Interrupted('SIGTERM'));
    t.is((await ended).exitCode, 130);
    t.is(home.value('TOKEN'), undefined);
  }
});

test('names are listed with the time they were set, aligned, and for programs one object a line', async (t) => {
  using home = new Home();
  t.is((await home.secret('list')).stdout, 'No secrets. `layer secret set NAME` stores one.\n');
  t.is((await home.secret('list --json')).stdout, '');
  await home.secret('set NPM_TOKEN', 'hunter2');
  await home.secret('set KEY', 'hunter3');
  const { stdout } = await home.secret('list');
  t.regex(stdout, /^KEY {8}set \d{4}-\d\d-\d\d \d\d:\d\d\nNPM_TOKEN {2}set \d{4}-\d\d-\d\d \d\d:\d\d\n$/);
  const lines = (await home.secret('list --json')).stdout.trimEnd().split('\n');
  const listed = lines.map((line) => JSON.parse(line) as { readonly name: string; readonly setAtMs: number });
  t.deepEqual(
    listed.map(({ name }) => name),
    ['KEY', 'NPM_TOKEN'],
  );
  t.true(listed.every(({ setAtMs }) => Number.isInteger(setAtMs) && Math.abs(Date.now() - setAtMs) < 60_000));
});

test('a secret is removed, and one that is not there is told with its nearest neighbour', async (t) => {
  using home = new Home();
  await home.secret('set TOKEN', 'hunter2');
  t.deepEqual(await home.secret('rm TOKNE'), {
    exitCode: 2,
    stdout: '',
    stderr: 'layer: There is no secret `TOKNE`, did you mean `TOKEN`?\n  hint: `layer secret list` lists them.\n',
  });
  t.is((await home.secret('rm TOKEN')).stdout, 'TOKEN is removed\n');
  t.is(home.value('TOKEN'), undefined);
});

test('a name that cannot be one is refused before a value is asked for', async (t) => {
  using home = new Home();
  const keyboard = new Keyboard();
  const { exitCode, stderr } = await home.secret('set NOT-A-NAME', keyboard);
  t.is(exitCode, 2);
  t.regex(stderr, /^layer: `NOT-A-NAME` cannot be the name of a secret\n/);
  t.deepEqual(keyboard.modes, []);
});

test('an empty value is refused', async (t) => {
  using home = new Home();
  const { exitCode, stderr } = await home.secret('set TOKEN', '\n');
  t.is(exitCode, 2);
  t.regex(stderr, /^layer: The value for TOKEN is empty\n/);
});
