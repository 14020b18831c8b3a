import test from 'ava';

import type { BuildEvent, StepEnded, StepOutput } from '../../../runner/build-event.ts';
import { EventMask } from '../../../runner/secrets/event-mask.ts';
import { RunSecrets } from '../../../runner/secrets/run-secrets.ts';

const SECRETS: Readonly<Record<string, string>> = { TOKEN: 'hunter2', LONG: 'correct horse' };

function open(): { readonly mask: EventMask; readonly told: () => readonly string[] } {
  const events: BuildEvent[] = [];
  const mask = new EventMask(
    (event) => events.push(event),
    new RunSecrets({ home: '/nowhere' }, (name) => SECRETS[name]),
  );
  return { mask, told: () => events.splice(0).map(wordsOf) };
}

function wordsOf(event: BuildEvent): string {
  if (event.event === 'output') return `${event.step} ${event.stream} ${event.text}`;
  return event.event === 'warning' ? `warning ${event.text}` : event.event;
}

function output(step: number, text: string, stream: StepOutput['stream'] = 'stdout'): StepOutput {
  return { event: 'output', layerfile: 'Layerfile', step, stream, text };
}

function ended(step: number): StepEnded {
  const nothing = { exitCode: null, observed: null, snapshot: null, snapshotMs: null, snapshotBytes: null, miss: null };
  const about = { line: step, instruction: 'RUN a hunter2', outcome: 'ran', durationMs: 0 } as const;
  return { event: 'step', layerfile: 'Layerfile', step, ...about, ...nothing };
}

test('each stream of each step is masked on its own, and ends with its step', (t) => {
  const { mask, told } = open();
  mask.learn(['TOKEN']);
  for (const event of [output(1, 'a hun'), output(1, 'hunt', 'stderr'), output(2, 'ter2'), output(1, 'ter2 b')])
    mask.emit(event);
  t.deepEqual(told(), ['1 stdout a ', '2 stdout ter2', '1 stdout *** b']);
  mask.emit(ended(1));
  t.deepEqual(told(), ['1 stderr hunt', 'step']);
});

test('what a step writes in the background is held back until it is whole, or nothing follows', (t) => {
  const { mask, told } = open();
  mask.learn(['TOKEN']);
  for (const event of [ended(1), output(1, 'hun'), output(1, 'ter2'), output(1, 'hu')]) mask.emit(event);
  t.deepEqual(told(), ['step', '1 stdout ***']);
  mask.end();
  t.deepEqual(told(), ['1 stdout hu']);
});

test('only secrets that the machine has seen are masked', (t) => {
  const { mask, told } = open();
  mask.emit(output(1, 'hunter2, correct horse'));
  mask.learn(['TOKEN']);
  mask.emit(output(2, 'hunter2, correct horse.'));
  mask.learn(['TOKEN', 'LONG', 'WITHOUT_VALUE']);
  mask.emit(output(2, 'hunter2, correct horse.'));
  t.deepEqual(told(), ['1 stdout hunter2, correct horse', '2 stdout ***, correct horse.', '2 stdout ***, ***.']);
});

test('warnings and errors are masked, with what caused them', (t) => {
  const { mask, told } = open();
  const error = new Error('failed: hunter2', { cause: new Error('because of hunter2') });
  t.is(mask.error(error), error);
  t.is(error.message, 'failed: hunter2', 'nothing is known yet');
  mask.learn(['TOKEN']);
  mask.emit({ event: 'warning', layerfile: 'Layerfile', text: 'it said hunter2' });
  t.deepEqual(told(), ['warning it said ***']);
  mask.error(error);
  t.is(error.message, 'failed: ***');
  t.false(error.stack?.includes('hunter2'));
  t.is((error.cause as Error).message, 'because of ***');
  t.is(mask.error('no error'), 'no error');
});

test('a name tells a secret that is too long for an ordinary word', (t) => {
  const { mask } = open();
  mask.learn(['TOKEN', 'LONG']);
  t.true(mask.isToldBy('.cache/correct horse.json'));
  t.false(mask.isToldBy('.cache/hunter2'));
  t.false(mask.isToldBy('.cache'));
});
