import test from 'ava';

import { openReporter } from '../../../cli/reporters/open-reporter.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { ended } from '../build-script.ts';

interface Given {
  readonly json?: boolean;
  readonly progress?: 'auto' | 'plain' | 'tty' | 'quiet';
  readonly isTTY?: boolean;
  readonly environment?: NodeJS.ProcessEnv;
}

async function opened({ json = false, progress = 'auto', isTTY = true, environment = {} }: Given) {
  const stdout = new RecordedStream({ isTTY });
  const { signal } = new AbortController();
  const reporter = await openReporter({ command: 'run', json, progress, since: null }, { stdout, environment, signal });
  reporter.event(ended(1, 'RUN make', { outcome: 'failed' }));
  reporter.end();
  return { name: reporter.constructor.name, isColoured: stdout.text.includes('\u001b[31m') };
}

for (const [what, given, name] of [
  ['a terminal', {}, 'TtyReporter'],
  ['a pipe', { isTTY: false }, 'PlainReporter'],
  ['a pipe, though tty was asked for', { isTTY: false, progress: 'tty' }, 'PlainReporter'],
  ['a dumb terminal', { environment: { TERM: 'dumb' } }, 'PlainReporter'],
  ['a terminal in CI', { environment: { CI: 'true' } }, 'PlainReporter'],
  ['a terminal where CI says no', { environment: { CI: 'false' } }, 'TtyReporter'],
  ['a terminal in CI, where tty was asked for', { progress: 'tty', environment: { CI: '1' } }, 'TtyReporter'],
  ['a terminal, where plain was asked for', { progress: 'plain' }, 'PlainReporter'],
  ['a terminal, where quiet was asked for', { progress: 'quiet' }, 'QuietReporter'],
  ['a terminal, where --json was asked for', { json: true, progress: 'tty' }, 'JsonReporter'],
] as const satisfies readonly (readonly [string, Given, string])[]) {
  test(`${what} gets a ${name}`, async (t) => {
    t.is((await opened(given)).name, name);
  });
}

test('there is colour on a terminal, unless NO_COLOR is set', async (t) => {
  t.true((await opened({})).isColoured);
  t.true((await opened({ progress: 'plain' })).isColoured);
  t.true((await opened({ environment: { NO_COLOR: '' } })).isColoured);
  t.false((await opened({ environment: { NO_COLOR: '1' } })).isColoured);
  t.false((await opened({ environment: { NO_COLOR: 'false' } })).isColoured);
  t.false((await opened({ isTTY: false })).isColoured);
  t.false((await opened({ environment: { TERM: 'dumb' } })).isColoured);
});
