import type { BuildEvent } from '../../../runner/index.ts';
import type { Job } from '../../jobs/job.ts';
import { Mailbox } from './mailbox.ts';

/** What a report needs of the jobs. */
export interface WatchedJobs {
  get(id: number): Job | null;
  onChange(listener: (job: Job) => void): Disposable;
  /** A run's events, live: a line of JSON each. */
  events(
    id: number,
    run: number,
  ): { read(fromByte: number, until: { readonly signal: AbortSignal }): AsyncIterable<{ readonly line: string }> };
}

export type JobNews =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'event'; readonly event: BuildEvent }
  /** A run's events begin to come; its last one has come. */
  | { readonly kind: 'begin' | 'end'; readonly run: number };

/** What happens to a job from now on, beginning with how it is. Disposing it ends the watch. */
export class JobWatch implements Disposable {
  readonly #jobs: WatchedJobs;
  readonly #mail = new Mailbox<JobNews>();
  readonly #listening: Disposable;
  #reading = 0;
  readonly #ending = new AbortController();

  constructor(jobs: WatchedJobs, id: number) {
    this.#jobs = jobs;
    this.#listening = jobs.onChange((job) => {
      if (job.id === id) this.#hear(job);
    });
    const job = jobs.get(id);
    if (job !== null) this.#hear(job);
  }

  async take(limitMs: number, signal: AbortSignal): Promise<JobNews | undefined> {
    return this.#mail.take(limitMs, signal);
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    this.#listening[Symbol.dispose]();
  }

  #hear(job: Job): void {
    if (job.runs > this.#reading) {
      this.#reading = job.runs;
      this.#mail.put({ kind: 'begin', run: job.runs });
      void this.#read(job.id, job.runs);
    }
    this.#mail.put({ kind: 'job', job });
  }

  async #read(id: number, run: number): Promise<void> {
    try {
      const { signal } = this.#ending;
      for await (const { line } of this.#jobs.events(id, run).read(0, { signal })) {
        if (signal.aborted) return;
        const event = eventOf(line);
        if (event !== null) this.#mail.put({ kind: 'event', event });
      }
    } catch {
      // The pusher misses some lines, and has the job's address.
    }
    this.#mail.put({ kind: 'end', run });
  }
}

/** What machines print is most of it, and is not for here. */
const OUTPUT = '"event":"output"';

function eventOf(line: string): BuildEvent | null {
  if (line.slice(0, 80).includes(OUTPUT)) return null;
  try {
    return JSON.parse(line) as BuildEvent;
  } catch {
    return null;
  }
}
