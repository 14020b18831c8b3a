import { instructionLine, printable } from '../words/printable.ts';
import type { ActivityView, PartView, StepState } from './part.ts';
import { partLabel } from './run-graph.ts';
import type { RunView } from './run-view.ts';

/** What a bar shows: how a step ended, work between steps (`busy`), or waiting for others (`wait`). */
export type BarKind = StepState | 'busy' | 'wait';

export interface Bar {
  readonly kind: BarKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** Null where it is no step's. */
  readonly step: number | null;
}

export interface Track {
  readonly key: string;
  readonly label: string;
  readonly part: PartView;
  readonly bars: readonly Bar[];
}

/** A row for each part; what was restored took no time and has no bar. `nowMs` is where open bars end. */
export function tracksOf(run: RunView, nowMs: number): readonly Track[] {
  return run.parts.map((part) => ({ key: part.key, label: partLabel(part), part, bars: barsOf(part, nowMs) }));
}

function barsOf(part: PartView, nowMs: number): readonly Bar[] {
  const steps = part.steps.flatMap(({ number, state, startedMs, endedMs, instruction }): readonly Bar[] =>
    startedMs === null
      ? []
      : [
          {
            kind: state,
            startMs: startedMs,
            endMs: endedMs ?? nowMs,
            text: instructionLine(instruction ?? ''),
            step: number,
          },
        ],
  );
  return [...part.activities.map((activity) => activityBar(activity, nowMs)), ...steps];
}

function activityBar({ activity, text, startMs, endMs }: ActivityView, nowMs: number): Bar {
  const kind = activity === 'wait' || activity === 'queue' ? 'wait' : 'busy';
  return { kind, startMs, endMs: endMs ?? nowMs, text: printable(text), step: null };
}

const STEPS_MS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** Round times for an axis of `lengthMs`, at most `most` of them. */
export function axisTicks(lengthMs: number, most: number): readonly number[] {
  const step = STEPS_MS.find((candidate) => lengthMs / candidate <= most) ?? 21_600_000;
  // One at the very end would have no room for its text.
  return Array.from({ length: Math.floor((0.95 * lengthMs) / step) + 1 }, (_, index) => index * step);
}
