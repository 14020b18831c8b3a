import test from 'ava';
import fc from 'fast-check';

import { parseLayerfile } from '../../grammar/index.ts';
import type { BuildContext } from '../../runner/build-context.ts';
import type { BuildEvent, StepEnded } from '../../runner/build-event.ts';
import { DONE } from '../../runner/step-result.ts';
import { StepReport } from '../../runner/step-report.ts';
import { type Step, stepsOf } from '../../runner/step.ts';

const { layerfile } = await parseLayerfile('FROM vm/debian:12\n\n# A comment\nRUN a\nRUN b\nRUN c\n', 'app/Layerfile');
const STEPS = stepsOf(layerfile);
const FAILED = { ok: false, exitCode: 3, message: 'exit code 3' } as const;
const NEW = { miss: { reason: 'new' }, frozen: null, saved: null } as const;

interface OpenReport {
  readonly report: StepReport;
  readonly events: readonly BuildEvent[];
  readonly ended: () => readonly StepEnded[];
}

function open(): OpenReport {
  const events: BuildEvent[] = [];
  const context: Pick<BuildContext, 'layerfile' | 'emit'> = {
    layerfile: 'app/Layerfile',
    emit: (event) => events.push(event),
  };
  const report = new StepReport(context as BuildContext, STEPS);
  return { report, events, ended: () => events.filter((event) => event.event === 'step') };
}

function outcomesOf(ended: readonly StepEnded[]): string {
  return ended.map(({ step, outcome }) => `${step} ${outcome}`).join(', ');
}

function at(index: number): Step {
  return STEPS[index]!;
}

test('an event names the line and text of its step; comments do not count as steps', (t) => {
  const { report, ended } = open();
  report.restored(at(1), null, null);
  t.like(ended()[0], { layerfile: 'app/Layerfile', step: 2, line: 4, instruction: 'RUN a', outcome: 'restored' });
});

test('a step that runs after FROM had to be booted is not restored on top of it', (t) => {
  const { report, ended } = open();
  report.started(at(0), { reason: 'new' });
  report.ran(at(0), { ...NEW, result: DONE });
  report.restored(at(0), null, null);
  t.is(outcomesOf(ended()), '1 ran');
  t.like(report.counts, { restored: 0, ran: 1 });
});

test('what it took to restore goes out with the first step that ran in the machine, and only there', (t) => {
  const { report, ended } = open();
  report.restoreMs = 81.4;
  for (const step of STEPS.slice(1, 3)) report.ran(step, { ...NEW, result: DONE });
  t.deepEqual(
    ended().map(({ restoreMs }) => restoreMs),
    [81, undefined],
  );
});

test('a failed step is told with its exit code, and those below are skipped', (t) => {
  const { report, ended } = open();
  report.restored(at(0), null, null);
  report.started(at(1), { reason: 'new' });
  report.ran(at(1), { ...NEW, result: FAILED });
  report.endRest('failed', 'skipped');
  t.is(outcomesOf(ended()), '1 restored, 2 failed, 3 skipped, 4 skipped');
  t.is(ended()[1]?.exitCode, 3);
  t.deepEqual(report.counts, { restored: 1, ran: 0, failed: 1, waiting: 0, savedMs: 0 });
  t.false(report.succeeded);
});

test('a step that begins says why it was not restored', (t) => {
  const { report, events } = open();
  report.started(at(1), { reason: 'evicted' });
  t.like(events[0], { event: 'start', step: 2, miss: { reason: 'evicted' } });
});

test('the step that was running when a run was cancelled is cancelled, as are those below', (t) => {
  const { report, ended } = open();
  report.restored(at(0), null, null);
  report.started(at(1), { reason: 'new' });
  report.endRest('cancelled', 'cancelled');
  t.is(outcomesOf(ended()), '1 restored, 2 cancelled, 3 cancelled, 4 cancelled');
  t.is(report.counts.failed, 0);
});

test('a report in which every step was restored or ran has succeeded', (t) => {
  const { report } = open();
  report.restored(at(0), null, null);
  for (const step of STEPS.slice(1)) report.ran(step, { ...NEW, result: DONE });
  t.true(report.succeeded);
});

test('wherever a run ends, each step gets exactly one event, in order', (t) => {
  const ends = fc.constantFrom(['failed', 'skipped'] as const, ['cancelled', 'cancelled'] as const);
  const position = fc.nat({ max: STEPS.length });
  fc.assert(
    fc.property(position, position, fc.boolean(), ends, (restored, ran, isStarted, [running, rest]) => {
      const { report, ended } = open();
      for (const step of STEPS.slice(0, restored)) report.restored(step, null, null);
      for (const step of STEPS.slice(restored, restored + ran)) {
        report.started(step, { reason: 'new' });
        report.ran(step, { ...NEW, result: DONE });
      }
      const next = STEPS[restored + ran];
      if (isStarted && next !== undefined) report.started(next, { reason: 'new' });
      report.endRest(running, rest);
      report.endRest(running, rest);
      t.deepEqual(
        ended().map(({ step }) => step),
        STEPS.map(({ number }) => number),
      );
    }),
  );
});
