import type { Activity, Miss, StepEnded, StepOutcome, StepStarted } from '../../../runner/index.ts';
import { LogLines } from './log-lines.ts';

/** How a step stands: as it ended, or on its way there. `waiting`: a BUTTON waits for a person. */
export type StepState = 'pending' | 'running' | 'waiting' | StepOutcome;

export interface StepView {
  /** From 1. */
  readonly number: number;
  readonly state: StepState;
  /** Null before it began: only then its text is told. */
  readonly instruction: string | null;
  /** In the Layerfile; null as above. */
  readonly line: number | null;
  /** Since the run began, milliseconds; null where it never began to run. */
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly ended: StepEnded | null;
  /** Why it was not restored. */
  readonly miss: Miss | null;
}

/** What was done before or between steps. `endMs` is null while it goes on. */
export interface ActivityView {
  readonly activity: Activity['activity'];
  readonly text: string;
  readonly progress: number | null;
  readonly startMs: number;
  readonly endMs: number | null;
}

/** What is built in one go: a Layerfile, or what stands above its SPLIT, or one copy of what stands below. */
export class PartView {
  readonly layerfile: string;
  readonly name: string;
  /** From 0; null is what has none. */
  readonly copy: number | null;
  readonly steps: StepView[];
  readonly activities: ActivityView[] = [];
  readonly log = new LogLines();
  readonly #first: number;

  /** Its steps are those from `first` to `last`, both included. */
  constructor(place: { layerfile: string; name: string; copy: number | null }, first: number, last: number) {
    this.layerfile = place.layerfile;
    this.name = place.name;
    this.copy = place.copy;
    this.#first = first;
    this.steps = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => pendingStep(first + index));
  }

  get key(): string {
    return partKey(this.layerfile, this.copy);
  }

  get activity(): ActivityView | null {
    const last = this.activities.at(-1);
    return last?.endMs === null ? last : null;
  }

  step(number: number): StepView | undefined {
    return this.steps[number - this.#first];
  }

  did(event: Activity, atMs: number): void {
    const { activity, text, progress = null } = event;
    const current = this.activity;
    if (current?.activity === activity) {
      this.activities[this.activities.length - 1] = { ...current, text, progress };
      return;
    }
    this.#endActivity(atMs);
    this.activities.push({ activity, text, progress, startMs: atMs, endMs: null });
  }

  started({ step, instruction, line, miss }: StepStarted, atMs: number): void {
    this.#endActivity(atMs);
    this.#set(step, { state: 'running', instruction, line, miss: miss ?? null, startedMs: atMs });
    this.log.heading(step);
  }

  ended(ended: StepEnded, atMs: number): void {
    this.#endActivity(atMs);
    const { step, instruction, line, outcome, waiting, miss } = ended;
    this.#set(step, { state: waiting ? 'waiting' : outcome, instruction, line, endedMs: atMs, ended, miss });
    this.log.heading(step);
  }

  /** The run has ended: nothing goes on any more. */
  finish(atMs: number): void {
    this.#endActivity(atMs);
    for (const { number, state } of this.steps)
      if (state === 'running') this.#set(number, { state: 'cancelled', endedMs: atMs });
  }

  #set(number: number, change: Partial<StepView>): void {
    const index = number - this.#first;
    const step = this.steps[index];
    if (step !== undefined) this.steps[index] = { ...step, ...change };
  }

  #endActivity(atMs: number): void {
    const { activity } = this;
    if (activity !== null) this.activities[this.activities.length - 1] = { ...activity, endMs: atMs };
  }
}

export function partKey(layerfile: string, copy: number | null): string {
  return copy === null ? layerfile : `${layerfile}#${copy}`;
}

function pendingStep(number: number): StepView {
  return {
    number,
    state: 'pending',
    instruction: null,
    line: null,
    startedMs: null,
    endedMs: null,
    ended: null,
    miss: null,
  };
}
