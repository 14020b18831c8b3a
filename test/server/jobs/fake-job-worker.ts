/**
 * A worker that builds nothing, and does as its work's first path says: `succeed`, `fail`, `refuse`, `crash`, `hold` (until it is cancelled or
 * killed), `wish` (for a machine, and holds while it has it), `button` (waits for its step 3, unless that was pressed).
 * With `completions` as its argument it adds a line to that file when a build is complete, in the moment in which it leaves its end.
 */
import { appendFileSync } from 'node:fs';

import type { JobCounts } from '../../../server/jobs/job.ts';
import { writeRunEnd } from '../../../server/jobs/run-end.ts';
import type { BuildWork, FromWorker, ToWorker, WorkEnd } from '../../../server/worker/messages.ts';

const COUNTS: JobCounts = { restored: 1, ran: 2, failed: 0, waiting: 0, durationMs: 3, savedMs: 4 };
const BUTTON = { layerfile: 'Layerfile', step: 3 };
const [, , completions] = process.argv;

function say(message: FromWorker): void {
  process.send?.(message);
}

/** In one go: whoever hears that the server is gone hears it before or after. */
function complete({ record, facts }: BuildWork, end: WorkEnd, counts: JobCounts, waiting = false): void {
  say({ type: 'event', event: { event: 'result', outcome: 'succeeded', ...counts } });
  if (record !== null) writeRunEnd(`${record}.end`, { end, counts, waiting: waiting ? [BUTTON] : [] });
  if (completions !== undefined) appendFileSync(completions, `${facts['JOB_ID'] ?? ''}\n`);
  leave(end);
}

function leave(end: WorkEnd): void {
  process.send?.({ type: 'ended', end } satisfies FromWorker, () => process.exit(0));
}

function output(text: string): void {
  say({ type: 'event', event: { event: 'output', layerfile: 'Layerfile', step: 2, stream: 'stdout', text } });
}

function build(work: BuildWork): void {
  output(`${work.facts['JOB_ID'] ?? ''} begins\n`);
  switch (work.paths[0]) {
    case 'fail':
      complete(work, { kind: 'done', exitCode: 1 }, { ...COUNTS, failed: 1 });
      return;
    case 'refuse':
      leave({ kind: 'refused', code: 'SECRET_MISSING', message: 'There is no TOKEN', hint: 'Set it.' });
      return;
    case 'crash':
      console.error('out of luck');
      process.exit(9);
      return;
    case 'wish':
      say({ type: 'wish', wish: 1, memoryMib: 512, priority: 5 });
      return;
    case 'hold':
      return;
    case 'button': {
      const isPressed = work.pressed.some(({ step }) => step === BUTTON.step);
      complete(work, { kind: 'done', exitCode: 0 }, { ...COUNTS, waiting: isPressed ? 0 : 1 }, !isPressed);
      return;
    }
    case 'slow':
      setTimeout(() => complete(work, { kind: 'done', exitCode: 0 }, COUNTS), Math.random() * 40);
      return;
    default:
      complete(work, { kind: 'done', exitCode: 0 }, COUNTS);
  }
}

// As a true worker, it hears that between two things that it does, and never within one.
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  if (message.type === 'begin' && message.work.kind === 'build') build(message.work);
  if (message.type === 'queued') output('waits for a machine\n');
  if (message.type === 'granted') output('has a machine\n');
  if (message.type === 'cancel') leave({ kind: 'cancelled' });
});
