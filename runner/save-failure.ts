import { LayerError } from '../util/layer-error.ts';

/** Codes of failures that cost the snapshot, not the build. */
const SAVE_FAILURES = new Set(['CACHE_FULL', 'CACHE_UNUSABLE', 'MACHINE_SAVE', 'SNAPSHOT_DAMAGED']);

/** Whether a machine could not be saved for a reason that lies in the environment, and can go on. */
export function isSaveFailure(error: unknown): error is LayerError {
  return error instanceof LayerError && SAVE_FAILURES.has(error.code);
}
