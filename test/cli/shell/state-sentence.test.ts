import test from 'ava';

import { stateSentence } from '../../../cli/shell/state-sentence.ts';
import { widthOf } from '../../../cli/text-width.ts';
import type { ShellState } from '../../../runner/index.ts';

const NOW = Date.UTC(2026, 10, 22);
const STATE: ShellState = {
  layerfile: 'web/Layerfile',
  kind: 'restored',
  step: { number: 3, instruction: 'RUN npm ci' },
  asked: null,
  createdAtMs: NOW - 200_000,
};

test('a shell is told which machine it is in, and that nothing is kept', (t) => {
  const sentence = (given: Partial<ShellState>): string => stateSentence({ ...STATE, ...given }, 200, NOW);
  t.is(sentence({}), 'web/Layerfile after step 3 (RUN npm ci); nothing is kept');
  t.is(sentence({ kind: 'failed' }), 'web/Layerfile as step 3 (RUN npm ci) failed 3 m ago; nothing is kept');
  t.is(
    sentence({ kind: 'stale', createdAtMs: NOW }),
    'web/Layerfile after step 3 (RUN npm ci), run just now, inputs changed since; nothing is kept',
  );
  t.is(
    sentence({ asked: { number: 4, instruction: 'LABEL status=hidden' } }),
    'web/Layerfile: step 4 left no machine; this is after step 3 (RUN npm ci); nothing is kept',
  );
});

test('it is one line as wide as the window at most, if need be without the instruction', (t) => {
  const step = { number: 3, instruction: `RUN \u001b[31mecho ${'x'.repeat(200)}\nsecond line` };
  const sentence = stateSentence({ ...STATE, step }, 73, NOW);
  t.is(widthOf(sentence), 73);
  t.regex(sentence, /^web\/Layerfile after step 3 \(RUN echo x+…\); nothing is kept$/);
  t.is(stateSentence({ ...STATE, step }, 50, NOW), 'web/Layerfile after step 3; nothing is kept');
});
