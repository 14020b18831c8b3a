import test from 'ava';

import { createPalette } from '../../../cli/reporters/palette.ts';
import { PlainReporter } from '../../../cli/reporters/plain.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { BUILD, ended, exposed, FAILING_BUILD, output, UP } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';

function reported(...events: readonly BuildEvent[]): string {
  const stdout = new RecordedStream();
  const reporter = new PlainReporter(stdout, createPalette(false));
  for (const event of events) reporter.event(event);
  reporter.end();
  return stdout.text;
}

test('a log has a line for everything, and the output of steps in between', (t) => {
  t.is(
    reported(...FAILING_BUILD),
    `\
web/Layerfile (web, 5 steps)
1/5  restored            FROM vm/debian:12
2/5  restored            COPY . .
     restore             restoring the machine
3/5  started             RUN npm install
3/5  | added 12 packages
3/5  | done
3/5  ran          8.1 s  RUN npm install  (package.json changed)
warning: web/Layerfile: clock went backwards
4/5  started             RUN npm test
4/5  | 1 passed
4/5  | 2 failed
4/5  failed      0.94 s  RUN npm test  (exit code 3)
5/5  skipped             RUN <<EOF …
2 restored, 1 ran, 1 failed, 1 skipped in 9.1 s (restoring saved 3 m 12 s)
`,
  );
});

test('the progress of one activity is one line', (t) => {
  const activity = { event: 'activity', layerfile: 'web/Layerfile', activity: 'image' } as const;
  t.is(
    reported(
      BUILD,
      { ...activity, text: 'unpacking', progress: 0.1 },
      { ...activity, text: 'unpacking', progress: 0.2 },
      { ...activity, text: 'packing', progress: 0.9 },
    ),
    `\
web/Layerfile (web, 5 steps)
     image               unpacking
     image               packing
`,
  );
});

test('lines of stdout and stderr are not mixed up', (t) => {
  t.is(
    reported(BUILD, output(3, 'out '), output(3, 'err ', 'stderr'), output(3, 'put\n'), output(3, 'or\n', 'stderr')),
    `\
web/Layerfile (web, 5 steps)
3/5  | out put
3/5  | err or
`,
  );
});

test('a line that was not ended is shown when nothing comes any more', (t) => {
  t.is(reported(BUILD, output(3, 'half')).split('\n').at(-2), '3/5  | half');
});

test('what a background step writes after its end carries its number', (t) => {
  t.regex(reported(BUILD, ended(3, 'RUN BACKGROUND serve', {}), output(3, 'listening\n')), /^3\/5 {2}\| listening$/m);
});

test('an instruction is never cut, and its escape sequences are not shown', (t) => {
  const instruction = `RUN echo ${'x'.repeat(300)}\u001b[2J`;
  t.true(reported(BUILD, ended(3, instruction, {})).includes(` RUN echo ${'x'.repeat(300)}\n`));
});

test('colour is used where it is wanted', (t) => {
  const stdout = new RecordedStream();
  const reporter = new PlainReporter(stdout, createPalette(true));
  reporter.event(ended(1, 'RUN make', { outcome: 'failed' }));
  reporter.end();
  t.true(stdout.text.includes('\u001b[31mfailed\u001b[39m'));
});

test('what is exposed is listed in columns once all of it is there', (t) => {
  t.is(
    reported(...UP),
    `\
no steps in 0.30 s
  http://localhost:23456/     -> port 3000 of the machine
  http://localhost:23456/api  -> port 13001 of the machine
  tcp://localhost:15432       -> port 5432 of the machine
Up until interrupted
`,
  );
});

test('with several Layerfiles each URL says which it is of', (t) => {
  const events = [exposed('http://localhost:23456/', 3000), exposed('http://localhost:20001/', 80, 'api/Layerfile')];
  t.regex(
    reported(...events, { event: 'up', exposed: 2 }),
    /^ {2}web\/Layerfile {2}http:\/\/localhost:23456\/ .*\n {2}api\/Layerfile {2}http:\/\/localhost:20001\/ /,
  );
});
