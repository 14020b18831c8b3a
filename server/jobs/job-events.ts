import { type EventLog, LONGEST_LINE_BYTES, type LogLine, splitLines } from './event-log.ts';
import { chunkAt, sizeOf } from './log-file.ts';

/** Where a run's events are. */
export interface EventSource {
  readonly path: string;
  /** Null: the run is over, and the file is all there will be. */
  readonly log: EventLog | null;
  /** The last line of a run that has ended: where the file does not end with one, a kill came before that was written. */
  readonly endLine: () => string;
}

/** Resolves when the run has begun, or will never; to null where it has not yet and `signal` is aborted. */
export type OpenSource = (signal: AbortSignal) => Promise<EventSource | null>;

/** How every log ends: an event that the server adds. */
const END_LINE = /^\{"atMs":\d+,"event":"end"/;

/** The events of one run, live: whoever reads gets what there is, and then what comes, until the run has ended. */
export class JobEvents {
  readonly #open: OpenSource;

  constructor(open: OpenSource) {
    this.#open = open;
  }

  /**
   * From the line that begins at `fromByte`; where none does, from the next one, and beyond the end from there. The last one is the `end`
   * event. To stop before that, leave the loop, or abort `signal`. Without `follow`, ends with what there is.
   */
  read(
    fromByte = 0,
    { signal, follow = true }: { readonly signal?: AbortSignal; readonly follow?: boolean } = {},
  ): AsyncIterableIterator<LogLine> {
    const left = new AbortController();
    const either = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
    const lines = this.#lines(Math.max(0, Math.trunc(fromByte)), follow, either);
    return {
      next: () => lines.next(),
      // A generator that waits does not hear that nobody listens any more.
      return: async () => {
        left.abort();
        return lines.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#lines(fromByte: number, follow: boolean, signal: AbortSignal): AsyncGenerator<LogLine, undefined> {
    const source = await this.#open(follow ? signal : AbortSignal.abort());
    if (source === null) return;
    const reader = new LineReader(source, await firstLineAt(source, fromByte));
    let lastLine: string | null = null;
    for (;;) {
      const lines = await reader.next();
      for (const each of lines) {
        if (signal.aborted) return;
        lastLine = each.line;
        yield each;
      }
      if (signal.aborted) return;
      if (lines.length > 0 || !reader.isAtEnd) continue;
      if (source.log === null || source.log.isOver) break;
      if (!follow) return;
      await reader.grown(signal);
    }
    lastLine ??= await lastLineOf(source.path);
    if (lastLine === null || !END_LINE.test(lastLine)) yield { id: reader.position, line: source.endLine() };
  }
}

/** Reads the lines of a log, some at a time. */
class LineReader {
  readonly #source: EventSource;
  /** What was read of a line that has no end yet. */
  #begun: Buffer = Buffer.alloc(0);
  #position: number;
  isAtEnd = false;

  constructor(source: EventSource, position: number) {
    this.#source = source;
    this.#position = position;
  }

  /** Where the next line begins. */
  get position(): number {
    return this.#position;
  }

  async next(): Promise<readonly LogLine[]> {
    const at = this.#position + this.#begun.length;
    const fresh = await bytesAt(this.#source, at);
    this.isAtEnd = fresh.length === 0;
    const bytes = this.#begun.length === 0 ? fresh : Buffer.concat([this.#begun, fresh]);
    const { lines, rest } = splitLines(bytes, this.#position);
    this.#position += rest;
    // Not a line of ours: it cannot be shown, and its end may never come.
    this.#begun = bytes.length - rest > LONGEST_LINE_BYTES ? Buffer.alloc(0) : Buffer.from(bytes.subarray(rest));
    if (bytes.length - rest > LONGEST_LINE_BYTES) this.#position += bytes.length - rest;
    return lines;
  }

  /** Resolves when there is more to read, or there will be none. */
  async grown(signal: AbortSignal): Promise<void> {
    const { log } = this.#source;
    if (log === null) return;
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = (): void => aborted.resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([log.grownBeyond(this.#position + this.#begun.length), aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Of a log that goes on, only what is whole there: its size. */
async function bytesAt({ path, log }: EventSource, position: number): Promise<Buffer> {
  if (log === null) return chunkAt(path, position);
  if (position >= log.size) return Buffer.alloc(0);
  const { size } = log;
  return log.recentAt(position) ?? (await chunkAt(path, position)).subarray(0, size - position);
}

async function firstLineAt(source: EventSource, fromByte: number): Promise<number> {
  if (fromByte === 0) return 0;
  const size = source.log?.size ?? (await sizeOf(source.path));
  if (fromByte >= size) return size;
  for (let at = fromByte - 1; ; ) {
    const bytes = await bytesAt(source, at);
    const end = bytes.indexOf(10);
    if (end >= 0) return at + end + 1;
    if (bytes.length === 0) return at;
    at += bytes.length;
  }
}

/** Null where the file ends otherwise, or its last line is a long one. */
async function lastLineOf(path: string): Promise<string | null> {
  const size = await sizeOf(path);
  const tail = (await chunkAt(path, Math.max(0, size - 8192))).toString('utf8');
  return tail.endsWith('\n') ? (tail.slice(0, -1).split('\n').at(-1) ?? null) : null;
}
