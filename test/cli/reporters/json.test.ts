import test from 'ava';

import { JsonReporter } from '../../../cli/reporters/json.ts';
import { ended, FAILING_BUILD, output } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';

test('every event is one line of JSON, in its order', (t) => {
  const stdout = new RecordedStream();
  const reporter = new JsonReporter(stdout);
  for (const event of FAILING_BUILD) reporter.event(event);
  reporter.end();

  const lines = stdout.text.split('\n');
  t.is(lines.pop(), '');
  const events = lines.map((line) => JSON.parse(line) as { readonly event: string });
  t.deepEqual(
    events.map(({ event }) => event),
    FAILING_BUILD.map(({ event }) => event),
  );
});

test('a step event has every field of the contract', (t) => {
  const stdout = new RecordedStream();
  const observed = { content: 12, listing: 3, stat: 40, link: 0, absent: 9, exists: 2 };
  new JsonReporter(stdout).event(
    ended(3, 'RUN npm install', {
      durationMs: 8123.4,
      observed,
      snapshot: 'b1f3',
      snapshotMs: 63.9,
      snapshotBytes: 8_123_456,
      restoreMs: 71.2,
      miss: { reason: 'changed', kind: 'absent', path: '.env', was: 'absent', now: 'present' },
    }),
  );
  t.deepEqual(JSON.parse(stdout.text), {
    event: 'step',
    layerfile: 'web/Layerfile',
    step: 3,
    line: 3,
    instruction: 'RUN npm install',
    outcome: 'ran',
    durationMs: 8123,
    exitCode: 0,
    observed,
    snapshot: 'b1f3',
    snapshotMs: 64,
    snapshotBytes: 8_123_456,
    restoreMs: 71,
    miss: { reason: 'changed', kind: 'absent', path: '.env', was: 'absent', now: 'present' },
  });
});

test('a step that was restored has a miss of null', (t) => {
  const stdout = new RecordedStream();
  new JsonReporter(stdout).event(ended(1, 'FROM vm/debian:12', { outcome: 'restored' }));
  t.regex(stdout.text, /"miss":null/);
});

test('output keeps its bytes, line feeds and escapes included, on one line', (t) => {
  const stdout = new RecordedStream();
  new JsonReporter(stdout).event(output(3, 'a\n\u001b[1mb\u2028'));
  t.is(stdout.text.split('\n').length, 2);
  t.is((JSON.parse(stdout.text) as { readonly text: string }).text, 'a\n\u001b[1mb\u2028');
});
