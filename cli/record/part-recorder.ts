import type { Activity, StepEnded, StepStarted } from '../../runner/index.ts';
import type { ActivitySpan, PartRecord, Span, StepRecord } from './run-record.ts';

/** Puts the events of one part together to spans. */
export class PartRecorder {
  readonly #copy: number | null;
  readonly #activities: ActivitySpan[] = [];
  readonly #steps: StepRecord[] = [];
  readonly #startedMs = new Map<number, number>();
  #activity: Omit<ActivitySpan, 'endMs'> | null = null;

  constructor(copy: number | null) {
    this.#copy = copy;
  }

  /** The same activity again is news of the one that goes on. */
  activity({ activity, text }: Activity, atMs: number): void {
    const goesOn = this.#activity?.activity === activity;
    const startMs = goesOn ? (this.#activity?.startMs ?? atMs) : atMs;
    if (!goesOn) this.#endActivity(atMs);
    this.#activity = { activity, text, startMs };
  }

  started({ step }: StepStarted, atMs: number): void {
    this.#endActivity(atMs);
    this.#startedMs.set(step, atMs);
  }

  ended(ended: StepEnded, output: readonly string[], atMs: number): void {
    this.#endActivity(atMs);
    const span = { startMs: this.#startedMs.get(ended.step) ?? atMs, endMs: atMs };
    this.#steps.push({ ...span, ended, saving: savingOf(span, ended), output });
  }

  finish(atMs: number): PartRecord {
    this.#endActivity(atMs);
    return { copy: this.#copy, activities: this.#activities, steps: this.#steps };
  }

  #endActivity(endMs: number): void {
    if (this.#activity !== null) this.#activities.push({ ...this.#activity, endMs });
    this.#activity = null;
  }
}

/** A step is saved when its work is done: that is the last that happens in it. */
function savingOf({ startMs, endMs }: Span, { snapshotMs, outcome }: StepEnded): Span | null {
  if (outcome !== 'ran' || snapshotMs === null) return null;
  return { startMs: Math.max(startMs, endMs - snapshotMs), endMs };
}
