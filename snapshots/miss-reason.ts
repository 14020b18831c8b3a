import type { ObservationKind, WorkspacePath } from '../fs-tracer/index.ts';

/**
 * Why a step was not restored.
 * - `new`: this step of this Layerfile never left a snapshot in this cache.
 * - `instruction`: its text, environment, machine or parent changed; `was` is its former label where that differs.
 * - `changed`: the same step is stored, but an observation differs: the first one that differs from the nearest candidate.
 * - `evicted`: a snapshot that holds was stored, and has been removed since (pruned, or found damaged).
 * - `forced`: the caller asked for it.
 * - `unpublishable`: the last run could not be saved, because these paths changed while it went on.
 */
export type MissReason =
  | { readonly reason: 'new' }
  | { readonly reason: 'instruction'; readonly was?: string }
  | ChangedReason
  | { readonly reason: 'evicted' }
  | { readonly reason: 'forced' }
  | { readonly reason: 'unpublishable'; readonly paths: readonly string[] };

export interface ChangedReason {
  readonly reason: 'changed';
  readonly kind: ObservationKind;
  readonly path: WorkspacePath;
  readonly was: string;
  readonly now: string;
}
