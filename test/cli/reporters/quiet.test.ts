import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { QuietReporter } from '../../../cli/reporters/quiet.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { BUILD, ended, FAILING_BUILD, output, result, UP } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { ScriptedBuild } from './scripted-build.ts';

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

test('of several builds and copies each failure says whose it is, with its own output only', (t) => {
  const e2e = new ScriptedBuild('e2e', 3, { split: { step: 2, copies: 2 } });
  const web = new ScriptedBuild('web', 1);
  const [one, two] = [e2e.copy(0), e2e.copy(1)];
  t.is(
    reported(
      e2e.build(),
      web.build(),
      one.output(3, 'of the first\n'),
      two.output(3, 'of the sec'),
      web.output(1, 'of web\n'),
      two.output(3, 'ond\n'),
      two.ended(3, 'failed', { exitCode: 1 }),
      one.ended(3, 'ran'),
      web.ended(1, 'failed', { exitCode: 2 }),
    ),
    `\
e2e-2 3/3  failed      0.00 s  RUN npm ci  (exit code 1)
    of the second
web   1/1  failed      0.00 s  FROM vm/debian:12  (exit code 2)
    of web
`,
  );
});

test('URLs that were asked for are shown', (t) => {
  t.is(reported(...UP).split('\n')[0], '  http://localhost:23456/     -> port 3000 of the machine');
});
