import { countsText } from '../words/counts.ts';
import type { PartView, StepState } from './part.ts';

const SKIP = /^SKIP REMAINING IF\b/i;

/** How a whole part stands: the worst or the latest of its steps. */
export function partState(part: PartView): StepState {
  const states = part.steps.map(({ state }) => state);
  if (states.includes('failed')) return 'failed';
  if (states.includes('cancelled')) return 'cancelled';
  if (states.includes('running') || part.activity !== null) return 'running';
  if (states.includes('waiting')) return 'waiting';
  const isDone = !states.includes('pending');
  if (!isDone) return states.some((state) => state === 'ran') ? 'running' : 'pending';
  if (states.includes('skipped') && !isCutAtSkip(part)) return 'skipped';
  return states.includes('ran') ? 'ran' : 'restored';
}

/** Below a SKIP REMAINING IF that held, steps are skipped in a Layerfile that has succeeded. */
function isCutAtSkip({ steps }: PartView): boolean {
  return SKIP.test(steps.findLast(({ state }) => state !== 'skipped')?.instruction ?? '');
}

/** `3 restored, 2 ran`, or how far it is: `3 of 8`. */
export function partProgress(part: PartView): string {
  const counts = { restored: 0, ran: 0, failed: 0 };
  let done = 0;
  for (const { state } of part.steps) {
    if (state !== 'pending' && state !== 'running') done++;
    if (state === 'restored' || state === 'ran' || state === 'failed') counts[state]++;
  }
  if (done < part.steps.length) return `${done} of ${part.steps.length}`;
  return countsText(counts) || partState(part);
}

/** Less is nothing to speak of. */
const LEAST_MS = 10;

/** From its first doing to its last, milliseconds since the run began; null where it did nothing that took time. */
export function partSpan(part: PartView): { readonly startMs: number; readonly endMs: number | null } | null {
  const starts = [
    ...part.activities.map(({ startMs }) => startMs),
    ...part.steps.flatMap(({ startedMs }) => startedMs ?? []),
  ];
  if (starts.length === 0) return null;
  const ends = [
    ...part.activities.map(({ endMs }) => endMs),
    ...part.steps.filter(({ startedMs }) => startedMs !== null).map(({ endedMs }) => endedMs),
  ];
  const [startMs, endMs] = [Math.min(...starts), Math.max(...ends.map((end) => end ?? 0))];
  if (ends.includes(null)) return { startMs, endMs: null };
  return endMs - startMs < LEAST_MS ? null : { startMs, endMs };
}
