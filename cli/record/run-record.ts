import type { Activity, BuildNeed, BuildResult, BuildStarted, BuildWarning, StepEnded } from '../../runner/index.ts';

/** A stretch of time: milliseconds since the recorder began. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the environment did before or between steps, until the next thing that its part did. */
export interface ActivitySpan extends Span {
  readonly activity: Activity['activity'];
  readonly text: string;
}

/** A step that has ended; `startMs` is `endMs` where it never began to run. */
export interface StepRecord extends Span {
  readonly ended: StepEnded;
  /** How long its machine stood still to be saved. */
  readonly saving: Span | null;
  /** Of one that failed: the last lines that it wrote, harmless for a screen. */
  readonly output: readonly string[];
}

/** What is built in one go: a Layerfile, or what stands above its SPLIT, or one copy of what stands below. */
export interface PartRecord {
  readonly copy: number | null;
  readonly activities: readonly ActivitySpan[];
  readonly steps: readonly StepRecord[];
}

export interface MachineRecord extends Span {
  readonly layerfile: string;
  readonly copy: number | null;
  readonly memoryMib: number;
  /** Null where it had not ended when the record did. */
  readonly residentMib: number | null;
  readonly proportionalMib: number | null;
}

export interface LayerfileRecord {
  readonly layerfile: string;
  readonly name: string;
  readonly needs: readonly BuildNeed[];
  readonly split: NonNullable<BuildStarted['split']> | null;
  /** In the order of their copies, what has none first. */
  readonly parts: readonly PartRecord[];
}

/** All that a run told, with when it did. */
export interface RunRecord {
  /** Wall clock, milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** In the order in which they were announced: what is needed comes first. */
  readonly layerfiles: readonly LayerfileRecord[];
  readonly machines: readonly MachineRecord[];
  readonly warnings: readonly BuildWarning[];
  /** Null where the run had none. */
  readonly result: BuildResult | null;
  /** What ended the run before its time, as told on stderr. */
  readonly trouble: string | null;
}
