import { HttpError } from './http-error.ts';

export interface OpenStream extends Disposable {
  /** What it is: `events of job 3`. */
  readonly what: string;
  readonly who: string;
  readonly sinceMs: number;
  /** Ends it from our side. */
  readonly end: () => void;
}

const MOST_OF_ONE = 400;
const MOST = 2000;

/** All answers that stay open: counted, bounded, listed for SIGUSR1, and ended at a shutdown. */
export class OpenStreams {
  readonly #open = new Set<OpenStream>();

  /** Throws a 429 where `who`, or everybody together, has too many. To be disposed when it has ended. */
  add(what: string, who: string, end: () => void): OpenStream {
    const ofOne = [...this.#open].filter((stream) => stream.who === who).length;
    if (ofOne >= MOST_OF_ONE || this.#open.size >= MOST)
      throw new HttpError(429, 'too_many', 'Too many streams are open', 'Close some of them.');
    const open = this.#open;
    const stream: OpenStream = {
      what,
      who,
      sinceMs: Date.now(),
      end,
      [Symbol.dispose]: () => void open.delete(stream),
    };
    open.add(stream);
    return stream;
  }

  list(): readonly OpenStream[] {
    return [...this.#open];
  }

  endAll(): void {
    for (const stream of this.#open) stream.end();
  }
}
