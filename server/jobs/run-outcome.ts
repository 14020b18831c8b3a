import type { FinalJobState } from './job.ts';
import type { EndedRun } from './job-store.ts';
import type { RunEnd } from './run-end.ts';

/** What a run comes to that has ended by itself; null for one that was cancelled: why, its worker does not know. */
export function outcomeOf({ end, counts, waiting }: RunEnd): EndedRun | null {
  switch (end.kind) {
    case 'done': {
      const outcome: FinalJobState = end.exitCode === 0 ? 'succeeded' : 'failed';
      return { outcome, reason: null, counts, waiting };
    }
    case 'refused': {
      const reason = end.hint === null ? end.message : `${end.message}\n${end.hint}`;
      return { outcome: 'failed', reason, counts, waiting };
    }
    case 'broken':
      return { outcome: 'failed', reason: `Internal error: ${end.message}`, counts, waiting };
    case 'cancelled':
      return null;
  }
}

export function cancelledRun(reason: string): EndedRun {
  return { outcome: 'cancelled', reason, counts: null, waiting: [] };
}

/** The last event of every log. */
export interface EndEvent {
  readonly event: 'end';
  readonly state: FinalJobState;
  readonly reason: string | null;
}

export function endEvent(state: FinalJobState, reason: string | null): EndEvent {
  return { event: 'end', state, reason };
}

/** The same as a line, where no log is open. */
export function endLine(state: FinalJobState, reason: string | null, atMs: number): string {
  return JSON.stringify({ atMs, ...endEvent(state, reason) });
}
