import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { QuietReporter } from '../../../cli/reporters/quiet.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { BUILD, ended, FAILING_BUILD, output, result, UP } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';

function reported(...events: readonly BuildEvent[]): string {
  const stdout = new RecordedStream();
  const reporter = new QuietReporter(stdout, createPalette(false));
  for (const event of events) reporter.event(event);
  reporter.end();
  return stdout.text;
}

test('a build that succeeds is silent', (t) => {
  t.is(reported(BUILD, output(1, 'hello\n'), ended(1, 'RUN echo hello', {}), result()), '');
});

test('only the step that failed and its output are shown', (t) => {
  t.is(
    reported(...FAILING_BUILD),
    `\
4/5  failed      0.94 s  RUN npm test  (exit code 3)
    1 passed
    2 failed
`,
  );
});

test('URLs that were asked for are shown', (t) => {
  t.is(reported(...UP).split('\n')[0], '  http://localhost:23456/     -> port 3000 of the machine');
});
