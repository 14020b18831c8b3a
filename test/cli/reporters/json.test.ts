import test from 'ava';

import { JsonReporter } from '../../../cli/reporters/json.ts';
import type { BuildEvent } from '../../../runner/index.ts';
import { ended, FAILING_BUILD, output } from '../build-script.ts';
import { RecordedStream } from '../recorded-stream.ts';

function reported(...events: readonly BuildEvent[]): string {
  const stdout = new RecordedStream();
  const reporter = new JsonReporter(stdout);
  for (const event of events) reporter.event(event);
  reporter.end();
  return stdout.text;
}

test('every event is one line of JSON, in its order', (t) => {
  const lines = reported(...FAILING_BUILD).split('\n');
  t.is(lines.pop(), '');
  const events = lines.map((line) => JSON.parse(line) as { readonly event: string });
  t.deepEqual(
    events.map(({ event }) => event),
    FAILING_BUILD.map(({ event }) => event),
  );
});

test('a step event has every field of the contract', (t) => {
  const observed = { content: 12, listing: 3, stat: 40, link: 0, absent: 9, exists: 2 };
  const text = reported(
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
  t.deepEqual(JSON.parse(text), {
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
  t.regex(reported(ended(1, 'FROM vm/debian:12', { outcome: 'restored' })), /"miss":null/);
});

test('output keeps its bytes, line feeds and escapes included, on one line', (t) => {
  const text = reported(output(3, 'a\n\u001b[1mb\u2028'));
  t.is(text.split('\n').length, 2);
  t.is((JSON.parse(text) as { readonly text: string }).text, 'a\n\u001b[1mb\u2028');
});

test('copies and the times of a plan that explains itself pass through, in whole milliseconds', (t) => {
  const planned = { taken: true, why: 'step', costsMs: 50.4, savesMs: null } as const;
  const step = { ...ended(1, 'RUN make', { outcome: 'would-run', planned }), copy: 0 };
  t.deepEqual(JSON.parse(reported(step)), { ...step, planned: { ...planned, costsMs: 50 } });
});

test('what is told in one go is one write, and is written before anything else happens', async (t) => {
  const writes: string[] = [];
  const reporter = new JsonReporter({ write: (text) => writes.push(String(text)) });
  for (let step = 1; step <= 100; step++) reporter.event(ended(step, 'RUN make', { outcome: 'restored' }));
  await Promise.resolve();
  t.is(writes.length, 1);
  t.is(writes[0]?.split('\n').length, 101);
});
