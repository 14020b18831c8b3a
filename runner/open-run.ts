import type { Part } from './graph/part.ts';
import type { Looks } from './looks.ts';
import type { OpenPart } from './open-part.ts';
import type { PartEnd, Plan } from './plan.ts';
import type { RunOptions } from './run-options.ts';

/**
 * How a part ended. `done`: `end` is null where nothing can go on from it; `cut`: SKIP REMAINING IF ended it, which ends
 * the copies of a SPLIT below as well. `waiting`: a BUTTON waits for a person.
 */
export type PartOutcome =
  | { readonly kind: 'done'; readonly end: PartEnd | null; readonly cut: boolean }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed' };

/** A run: its parts, each after those that it needs, and how those ended that have. */
export interface OpenRun {
  readonly options: RunOptions;
  readonly parts: readonly OpenPart[];
  readonly outcomes: Map<Part, PartOutcome>;
  /** Of parts of which something is to run, as was decided: good for who begins at once. */
  readonly plans: Map<Part, Plan>;
  /** What former decisions learnt; what this one learns goes there too. */
  readonly looks: Looks;
}
