import test from 'ava';

import type { BuildEvent, StepEnded } from '../../../runner/index.ts';
import { createPalette } from '../../../cli/reporters/palette.ts';
import { SinceReporter } from '../../../cli/reporters/since.ts';
import { ended } from '../build-script.ts';

function shown(events: readonly BuildEvent[], columns = Infinity): readonly string[] {
  let text = '';
  const reporter = new SinceReporter(
    { write: (piece) => (text += String(piece)) },
    createPalette(false),
    'main',
    columns,
  );
  for (const event of events) reporter.event(event);
  reporter.end();
  return text.split('\n').slice(0, -1);
}

const RESULT: BuildEvent = {
  event: 'result',
  outcome: 'succeeded',
  restored: 3,
  ran: 0,
  failed: 0,
  waiting: 0,
  durationMs: 1,
  savedMs: 0,
};

function step(layerfile: string, number: number, affected: boolean, more: Partial<StepEnded> = {}): StepEnded {
  return { ...ended(number, `RUN step ${number}`, { outcome: 'restored', affected, ...more }), layerfile };
}

const BUILDS: readonly BuildEvent[] = ['api', 'web'].map((name) => ({
  event: 'build',
  layerfile: `${name}/Layerfile`,
  name,
  steps: 2,
}));

test('only what is affected has a line, with why it would run; the rest is counted', (t) => {
  const miss = { reason: 'changed', kind: 'content', path: 'api/a.js', was: '1', now: '2' } as const;
  const lines = shown([
    ...BUILDS,
    step('api/Layerfile', 1, false),
    step('api/Layerfile', 2, true, { outcome: 'would-run', miss }),
    step('web/Layerfile', 1, false),
    step('web/Layerfile', 2, true),
    RESULT,
  ]);
  t.deepEqual(lines, [
    'api 2/2  would-run           RUN step 2  (api/a.js changed)',
    'web 2/2  restored            RUN step 2',
    '2 steps of 2 Layerfiles are affected by what changed since main; 2 not',
  ]);
});

test('where nothing is affected it says so, and lines fit the window', (t) => {
  t.deepEqual(shown([...BUILDS, step('api/Layerfile', 1, false), RESULT]), [
    'no step is affected by what changed since main',
  ]);
  const [line = ''] = shown(
    [...BUILDS, step('api/Layerfile', 2, true, { instruction: 'RUN '.repeat(50) }), RESULT],
    40,
  );
  t.true(line.length <= 40);
});
