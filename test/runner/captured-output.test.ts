import test from 'ava';

import { CapturedOutput } from '../../runner/captured-output.ts';

test('output is put together from its pieces, characters cut in two included', (t) => {
  const output = new CapturedOutput(new AbortController().signal);
  const bytes = Buffer.from('naïve\n');
  for (const byte of bytes) output.add(Buffer.from([byte]));
  t.is(output.text(), 'naïve\n');
  t.false(output.signal.aborted);
});

test('a command that prints without end is given up with a reason, and what it prints on is not kept', (t) => {
  const output = new CapturedOutput(new AbortController().signal);
  for (let mebibytes = 40; mebibytes > 0; mebibytes--) output.add(Buffer.alloc(1 << 20, 'x'));
  t.is((output.signal.reason as { code?: string }).code, 'GUEST_PROTOCOL');
  t.is(output.text().length, 16 << 20);
});

test('what ends the run ends the command', (t) => {
  const cancel = new AbortController();
  const output = new CapturedOutput(cancel.signal);
  cancel.abort(new Error('Ctrl-C'));
  t.regex(String(output.signal.reason), /Ctrl-C/);
});
