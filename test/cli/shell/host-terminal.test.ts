import { PassThrough } from 'node:stream';

import test from 'ava';

import { HostTerminal } from '../../../cli/shell/host-terminal.ts';
import type { Surroundings } from '../../../cli/surroundings.ts';
import { RecordedStream } from '../recorded-stream.ts';

class FakeTty extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(isRaw: boolean): this {
    this.modes.push(isRaw);
    return this;
  }
}

function fakeTerminal(size: { readonly columns?: number; readonly rows?: number } = { columns: 100, rows: 30 }) {
  const stdin = new FakeTty();
  const stdout = Object.assign(new RecordedStream({ isTTY: true }), size);
  const listeners = new Set<() => void>();
  const surroundings = {
    stdin: () => stdin,
    stdout,
    environment: { TERM: 'xterm-kitty' },
    onWindowChange: (listener: () => void) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  } as Partial<Surroundings> as Surroundings;
  return { stdin, stdout, listeners, terminal: new HostTerminal(surroundings) };
}

test('a terminal is raw from the start of the guest’s program until it is given back', (t) => {
  const { stdin, terminal } = fakeTerminal();
  t.deepEqual(stdin.modes, [], 'what the user types while a machine is restored may still interrupt that');
  {
    using lent = terminal;
    lent.start();
    t.deepEqual(stdin.modes, [true]);
  }
  t.deepEqual(stdin.modes, [true, false]);
  terminal[Symbol.dispose]();
  t.deepEqual(stdin.modes, [true, false], 'once is enough');
});

test('one that was never lent is left alone', (t) => {
  const { stdin, stdout, terminal } = fakeTerminal();
  terminal.takeBack();
  terminal[Symbol.dispose]();
  t.deepEqual(stdin.modes, []);
  t.is(stdout.text, '');
});

test('what a program set and did not take back is taken back for it', (t) => {
  const { stdout, terminal } = fakeTerminal();
  terminal.start();
  terminal.takeBack();
  for (const sequence of ['\u001b[?1047l', '\u001b[?25h', '\u001b[0m', '\u001b[?2004l'])
    t.true(stdout.text.includes(sequence), JSON.stringify(sequence));
});

test('every key reaches the guest, Ctrl-C too, until it is given back', async (t) => {
  const { stdin, terminal } = fakeTerminal();
  const received: string[] = [];
  terminal.input.on('data', (bytes: Buffer) => received.push(bytes.toString()));
  terminal.start();
  stdin.write('ls\r\u0003');
  await new Promise(setImmediate);
  terminal[Symbol.dispose]();
  stdin.write('for the host');
  await new Promise(setImmediate);
  t.deepEqual(received, ['ls\r\u0003']);
  t.false(terminal.input.writableEnded);
});

test('its size is the window’s, changes are told, and a terminal without a size has the usual one', (t) => {
  const { stdout, listeners, terminal } = fakeTerminal();
  t.is(terminal.type, 'xterm-kitty');
  t.deepEqual(terminal.size(), { columns: 100, rows: 30 });
  const sizes: object[] = [];
  {
    using _following = terminal.onResize(() => sizes.push(terminal.size()));
    Object.assign(stdout, { columns: 120 });
    for (const listener of listeners) listener();
  }
  t.deepEqual(sizes, [{ columns: 120, rows: 30 }]);
  t.is(listeners.size, 0);
  t.deepEqual(fakeTerminal({ columns: 0, rows: 0 }).terminal.size(), { columns: 80, rows: 24 });
});
