import type { Activity, StepEnded, StepStarted } from '../../runner/index.ts';
import { partKey, type PartPlace } from './part-key.ts';

/** What a Layerfile, or a copy of it, is at. */
export interface LiveRow extends PartPlace {
  /** The step that runs, or the last one that ended; 0 before the first. */
  readonly step: number;
  readonly at: StepStarted | Activity;
  readonly sinceMs: number;
}

/** What is under way: from the first thing that is told of a Layerfile (copy) that is not restored, to its last step. */
export class LiveRows {
  readonly #rows = new Map<string, LiveRow>();

  started(step: StepStarted, nowMs: number): void {
    this.#put({ ...place(step), step: step.step, at: step, sinceMs: nowMs });
  }

  /** What goes on is one activity, whatever it says of its progress. */
  activity(activity: Activity, nowMs: number): void {
    const before = this.#rows.get(partKey(activity));
    const continues = before?.at.event === 'activity' && before.at.activity === activity.activity;
    const sinceMs = continues ? before.sinceMs : nowMs;
    this.#put({ ...place(activity), step: before?.step ?? 0, at: activity, sinceMs });
  }

  /** Between two steps the row stays as it is. */
  stepEnded(step: StepEnded, isLast: boolean): void {
    const row = this.#rows.get(partKey(step));
    if (isLast || STOPS.has(step.outcome)) this.#rows.delete(partKey(step));
    else if (row !== undefined) this.#put({ ...row, step: Math.max(row.step, step.step) });
  }

  clear(): void {
    this.#rows.clear();
  }

  /** Those that do something, and those that wait for a processor or memory; each as they came. */
  get working(): readonly LiveRow[] {
    return [...this.#rows.values()].filter((row) => !isQueued(row));
  }

  get queued(): readonly LiveRow[] {
    return [...this.#rows.values()].filter(isQueued);
  }

  /** Of which Layerfiles anything is under way. */
  get layerfiles(): ReadonlySet<string> {
    return new Set([...this.#rows.values()].map(({ layerfile }) => layerfile));
  }

  /** What no longer waits in the queue comes below what is under way already. */
  #put(row: LiveRow): void {
    const before = this.#rows.get(partKey(row));
    if (before !== undefined && isQueued(before) && !isQueued(row)) this.#rows.delete(partKey(row));
    this.#rows.set(partKey(row), row);
  }
}

/** Nothing of a machine goes on after a step that ended like this. */
const STOPS: ReadonlySet<StepEnded['outcome']> = new Set(['failed', 'cancelled', 'skipped']);

function isQueued({ at }: LiveRow): boolean {
  return at.event === 'activity' && at.activity === 'queue';
}

function place({ layerfile, copy }: PartPlace): PartPlace {
  return { layerfile, copy };
}
