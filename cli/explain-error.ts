import { isLayerError, type LayerError } from '../util/layer-error.ts';
import { printableText } from '../util/printable-text.ts';
import { INTERRUPTED_EXIT_CODE, Interrupted } from './signals.ts';

/** sysexits.h, EX_SOFTWARE: a bug in Layer. */
const INTERNAL_ERROR_EXIT_CODE = 70;

export interface ErrorExplanation {
  /** For stderr, without a line feed at its end. */
  readonly text: string;
  readonly exitCode: number;
}

/** What people are told about an error that ended a command, and its exit code. After a signal that is always 130. */
export function explainError(error: unknown, signal?: AbortSignal): ErrorExplanation {
  if (signal?.aborted !== true) return explain(error);
  // Node's own functions wrap the reason that they were aborted for.
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return { ...explain(isAbort ? signal.reason : error), exitCode: INTERRUPTED_EXIT_CODE };
}

function explain(error: unknown): ErrorExplanation {
  // Something failed, and then ending what was begun did too: the first says why.
  if (error instanceof SuppressedError) return explain(error.suppressed);
  if (isLayerfileInvalid(error)) {
    const count = error.count === 1 ? '1 error' : `${error.count} errors`;
    // The runner has made the excerpts printable and aligned the squiggles below them.
    return { text: `${error.diagnosticsText.trimEnd()}\nlayer: ${count}, nothing was run`, exitCode: 2 };
  }
  if (isLayerError(error)) return { text: printableText(layerErrorText(error)), exitCode: error.exitCode };
  if (error instanceof Interrupted) return { text: `layer: ${error.message}`, exitCode: INTERRUPTED_EXIT_CODE };
  const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return {
    text: printableText(
      `layer: Internal error: ${stack}\n  hint: This is a bug in Layer. Please report it with the lines above.`,
    ),
    exitCode: INTERNAL_ERROR_EXIT_CODE,
  };
}

function layerErrorText({ message, cause, hint }: LayerError): string {
  const reason = cause instanceof Error && !message.includes(cause.message) ? `\n  cause: ${cause.message}` : '';
  return `layer: ${message}${reason}${hint === undefined ? '' : `\n  hint: ${hint}`}`;
}

/** Told by its shape, since the runner that its class lives in is loaded only by the commands that need it. */
function isLayerfileInvalid(
  error: unknown,
): error is Error & { readonly diagnosticsText: string; readonly count: number } {
  return error instanceof Error && 'diagnosticsText' in error && typeof error.diagnosticsText === 'string';
}
