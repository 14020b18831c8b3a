import test from 'ava';

import { OutcomeCounts } from '../../../cli/reporters/outcome-counts.ts';
import { summaryText } from '../../../cli/reporters/summary.ts';
import type { StepOutcome } from '../../../runner/index.ts';
import { result } from '../build-script.ts';

for (const [outcomes, about, expected] of [
  [
    ['restored', 'ran', 'restored'],
    { durationMs: 8100, savedMs: 192_000 },
    '2 restored, 1 ran in 8.1 s (restoring saved 3 m 12 s)',
  ],
  [['restored'], { durationMs: 90, savedMs: 99 }, '1 restored in 0.09 s'],
  [['ran', 'failed', 'skipped'], { outcome: 'failed', durationMs: 1000 }, '1 ran, 1 failed, 1 skipped in 1.0 s'],
  [['restored'], { outcome: 'cancelled', durationMs: 420 }, 'cancelled: 1 restored in 0.42 s'],
  [[], { outcome: 'failed', durationMs: 0 }, 'failed: no steps in 0.00 s'],
] as const satisfies readonly (readonly [readonly StepOutcome[], object, string])[]) {
  test(expected, (t) => {
    const counts = new OutcomeCounts();
    for (const outcome of outcomes) counts.add(outcome);
    t.is(summaryText(counts, result(about)), expected);
  });
}
