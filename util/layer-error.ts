/**
 * The one error class for what the environment or the user did. Expected outcomes are data, not errors; bugs are plain
 * `Error`s. Every code is listed here, with the exit code the command line ends with (cli.md: 2 usage or Layerfile,
 * 3 the environment cannot do it).
 */
const EXIT_CODES = {
  USAGE: 2,
  LAYERFILE_INVALID: 2,
  LAYERFILE_MISSING: 2,
  COPY_SOURCE_MISSING: 2,
  CLONE_URL_INVALID: 2,
  UNSUPPORTED_INSTRUCTION: 2,
  SECRET_MISSING: 2,
  STATE_MISSING: 2,
  PACKAGE_MISSING: 3,
  IMAGE_UNAVAILABLE: 3,
  MACHINE_START: 3,
  MACHINE_DIED: 3,
  MACHINE_SAVE: 3,
  GUEST_PROTOCOL: 3,
  WAIT_TIMED_OUT: 3,
  PORT_UNAVAILABLE: 3,
  CACHE_UNUSABLE: 3,
  CACHE_FULL: 3,
  CACHE_TOO_NEW: 3,
  SNAPSHOT_DAMAGED: 3,
  WORKSPACE_UNREADABLE: 3,
  CLONE_UNAVAILABLE: 3,
  TRACE_UNAVAILABLE: 3,
  SERVER_RUNNING: 3,
} as const;

export type LayerErrorCode = keyof typeof EXIT_CODES;

interface LayerErrorOptions {
  readonly cause?: unknown;
  /** What the user can do next, one sentence. */
  readonly hint?: string;
}

/** Told by its shape: the server is loaded beside the bundle, and has a class of its own. */
export function isLayerError(error: unknown): error is LayerError {
  return error instanceof Error && error.name === 'LayerError' && 'exitCode' in error;
}

export class LayerError extends Error {
  override readonly name = 'LayerError';
  readonly code: LayerErrorCode;
  readonly hint: string | undefined;

  constructor(code: LayerErrorCode, message: string, options: LayerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }

  /** The process exit code this error ends a command with (cli.md). */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
