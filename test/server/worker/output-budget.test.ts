import test from 'ava';

import type { BuildEvent } from '../../../runner/index.ts';
import { OutputBudget } from '../../../server/worker/output-budget.ts';

function output(text: string): BuildEvent {
  return { event: 'output', layerfile: 'Layerfile', step: 2, stream: 'stdout', text };
}

test('output goes through until there was too much, and that is said once', (t) => {
  const budget = new OutputBudget(10);
  const told = ['12345', '67890ab', 'cdef'].flatMap((text) => budget.keep(output(text)));
  t.deepEqual(told.slice(0, 2), [output('12345'), output('67890')]);
  t.is(told.length, 3);
  t.like(told[2], {
    event: 'warning',
    step: 2,
    text: 'the run has written more than 10 characters: the rest of its output is left out',
  });
  const result: BuildEvent = { event: 'up', exposed: 0 };
  t.deepEqual(budget.keep(result), [result]);
});

test('output that just fits is whole, and nothing is said before there is more', (t) => {
  const budget = new OutputBudget(5);
  t.deepEqual(budget.keep(output('12345')), [output('12345')]);
  t.is(budget.keep(output('6')).length, 1);
  t.deepEqual(budget.keep(output('7')), []);
});
