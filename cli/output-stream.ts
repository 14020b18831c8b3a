/** What commands and reporters write to: `process.stdout` and `process.stderr`, or a test's. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  /** Size of the window where this is a terminal; changes as the window does. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string | Uint8Array): unknown;
  /** Whether nobody reads it any more: what is written goes nowhere. */
  readonly isReaderGone?: boolean | undefined;
}

/** A reader that went away (`layer run | head`), and a terminal that was closed: nothing to tell, nobody to tell it to. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

/** Lets a run go on when nobody reads its output any more. */
export function tolerateClosedReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isReaderGone(error.code)) throw error;
  });
}

/** Whether a write failed because nobody reads any more. */
export function isReaderGone(code: string | undefined): boolean {
  return READER_GONE.has(code);
}

/** Resolves when all that was written has left the process, or never will. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}
