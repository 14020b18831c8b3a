import { LayerfileInvalid } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { WorkEnd } from './messages.ts';

/** How work ended that threw `error`. Whatever goes wrong once it was cancelled comes of that. */
export function workEndOf(error: unknown, signal: AbortSignal): WorkEnd {
  if (signal.aborted) return { kind: 'cancelled' };
  // Something failed, and then ending what was begun did too: the first says why.
  if (error instanceof SuppressedError) return workEndOf(error.suppressed, signal);
  if (error instanceof LayerfileInvalid) {
    const hint = 'Mend the Layerfile and push again; `layer check` says the same at your desk.';
    return { kind: 'refused', code: 'LAYERFILE_INVALID', message: error.diagnosticsText.trimEnd(), hint };
  }
  if (error instanceof LayerError) {
    const { code, message, hint = null } = error;
    return { kind: 'refused', code, message, hint };
  }
  return { kind: 'broken', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
