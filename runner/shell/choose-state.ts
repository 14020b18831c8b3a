import type { Snapshot } from '../../snapshots/index.ts';
import type { Step } from '../step.ts';

/** What is stored of the machine after one step. Snapshots that do not fit the machine of today are null here. */
export interface StepStates {
  readonly step: Step;
  /** Whether a run would restore it now. */
  readonly isRestored: boolean;
  /** What a run would restore; null where it would run, or left no snapshot of its own. */
  readonly restored: Snapshot | null;
  /** What its last run left, whatever was observed then. */
  readonly last: Snapshot | null;
  /** What it left in failing, if that was the last that it did. */
  readonly failed: Snapshot | null;
}

/**
 * - `restored`: what a run would restore now;
 * - `stale`: what the step's last run left, though its inputs have changed since;
 * - `failed`: as the step left it in failing.
 */
export type StateKind = 'restored' | 'stale' | 'failed';

export interface ChosenState {
  readonly kind: StateKind;
  readonly snapshot: Snapshot;
  /** After which step this is. */
  readonly step: Step;
}

/** The machine after a step: of itself, else of the nearest step above that has one. Null where none has. Pure. */
export function stateAfter(wanted: Step, all: readonly StepStates[]): ChosenState | null {
  const above = all.filter(({ step }) => step.number <= wanted.number);
  return above.map(ownState).findLast((state) => state !== null) ?? null;
}

/**
 * The machine to open where no step is named: after the last step, or where a run failed since, after the step that
 * failed. Null where nothing is stored. Pure.
 */
export function newestState(all: readonly StepStates[]): ChosenState | null {
  const last = all.at(-1);
  const atTheEnd = last === undefined ? null : stateAfter(last.step, all);
  const failed = all.map(ownState).filter((state) => state?.kind === 'failed');
  return [atTheEnd, ...failed].reduce(newer, null);
}

function ownState({ step, isRestored, restored, last, failed }: StepStates): ChosenState | null {
  if (isRestored) return restored === null ? null : { kind: 'restored', snapshot: restored, step };
  const stale = last === null ? null : ({ kind: 'stale', snapshot: last, step } as const);
  return newer(stale, failed === null ? null : { kind: 'failed', snapshot: failed, step });
}

function newer(one: ChosenState | null, other: ChosenState | null): ChosenState | null {
  if (one === null || other === null) return one ?? other;
  return other.snapshot.createdAtMs > one.snapshot.createdAtMs ? other : one;
}
