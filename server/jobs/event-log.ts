import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** An event of a run as it is kept: a line of JSON, without its line feed. */
export interface LogLine {
  /** The byte after the line: what to go on from. */
  readonly id: number;
  readonly line: string;
}

/** Longer lines are left out: nobody could show them, and each reader holds one at a time. */
export const LONGEST_LINE_BYTES = 2 ** 20;
/** Who reads along takes what is new from memory. */
const RECENT_BYTES = 256 * 2 ** 10;
/** What is gathered before it is written, where events come faster than the loop turns. */
const MOST_PENDING_CHARACTERS = 256 * 2 ** 10;
const LINE_FEED = 10;

/**
 * The events of a run that goes on, appended to `jobs/ID/RUN.jsonl`: lines that were written are whole, and never change. Several events are
 * written together, and then those are told who wait for more.
 */
export class EventLog implements Disposable {
  readonly path: string;
  readonly #now: () => number;
  readonly #descriptor: number;
  #size = 0;
  #isOver = false;
  #pending: string[] = [];
  #pendingCharacters = 0;
  #flush: NodeJS.Immediate | null = null;
  #lost = 0;
  #recent: { readonly from: number; readonly bytes: Buffer }[] = [];
  #recentBytes = 0;
  #grown = Promise.withResolvers<undefined>();

  /** Begins anew at `path`, in a folder that is there. */
  constructor(path: string, now: () => number = Date.now) {
    this.path = path;
    this.#now = now;
    this.#descriptor = openSync(path, 'w', 0o600);
  }

  /** How many bytes can be read. */
  get size(): number {
    return this.#size;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  append(event: object): void {
    if (this.#isOver) return;
    const line = `${JSON.stringify({ atMs: this.#now(), ...event })}\n`;
    if (line.length * 3 > LONGEST_LINE_BYTES && Buffer.byteLength(line) > LONGEST_LINE_BYTES) {
      this.#lost++;
      return;
    }
    this.#pending.push(line);
    this.#pendingCharacters += line.length;
    if (this.#pendingCharacters > MOST_PENDING_CHARACTERS) this.#write();
    else this.#flush ??= setImmediate(() => this.#write());
  }

  /** Resolves when there is more than `size` bytes, or none will come. */
  async grownBeyond(size: number): Promise<void> {
    if (this.#size <= size && !this.#isOver) await this.#grown.promise;
  }

  /** What stands at `position`, as much of it as is at hand; null where it is only in the file. */
  recentAt(position: number): Buffer | null {
    const chunk = this.#recent.find(({ from, bytes }) => from <= position && position < from + bytes.length);
    return chunk === undefined ? null : chunk.bytes.subarray(position - chunk.from);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#write();
    this.#isOver = true;
    closeSync(this.#descriptor);
    this.#tell();
  }

  #write(): void {
    if (this.#flush !== null) clearImmediate(this.#flush);
    this.#flush = null;
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#lossText() + this.#pending.join(''));
    const count = this.#pending.length;
    this.#pending = [];
    this.#pendingCharacters = 0;
    if (this.#append(bytes)) this.#lost = 0;
    else this.#lost += count;
    this.#tell();
  }

  /** A disk that is full takes nothing: what was written of a part is taken back, and it is said once there is room. */
  #append(bytes: Buffer): boolean {
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#size + done);
    } catch {
      ftruncateSync(this.#descriptor, this.#size);
      return false;
    }
    this.#remember({ from: this.#size, bytes });
    this.#size += bytes.length;
    return true;
  }

  #lossText(): string {
    if (this.#lost === 0) return '';
    const text = `${this.#lost} ${this.#lost === 1 ? 'event is' : 'events are'} missing here: too long, or the disk was full`;
    return `${JSON.stringify({ atMs: this.#now(), event: 'warning', layerfile: '', text })}\n`;
  }

  #remember(chunk: { readonly from: number; readonly bytes: Buffer }): void {
    this.#recent.push(chunk);
    this.#recentBytes += chunk.bytes.length;
    while (this.#recentBytes > RECENT_BYTES && this.#recent.length > 1)
      this.#recentBytes -= this.#recent.shift()?.bytes.length ?? 0;
  }

  #tell(): void {
    const { resolve } = this.#grown;
    this.#grown = Promise.withResolvers<undefined>();
    resolve(undefined);
  }
}

/** The whole lines of `bytes`, and where the rest begins. */
export function splitLines(bytes: Buffer, from: number): { readonly lines: readonly LogLine[]; readonly rest: number } {
  const lines: LogLine[] = [];
  let begin = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, begin)) {
    lines.push({ id: from + end + 1, line: bytes.toString('utf8', begin, end) });
    begin = end + 1;
  }
  return { lines, rest: begin };
}
