import type { BuildEvent } from '../../../runner/index.ts';
import type { FinalJobState, Job, JobRequest } from '../../../server/jobs/job.ts';
import type { PushJobs, WatchedJobs } from '../../../server/git/index.ts';

type FakeEvent = BuildEvent | { readonly event: 'end'; readonly state: FinalJobState };

/** Jobs that tests run by hand, with the rules of the real ones. */
export class FakeJobs implements PushJobs, WatchedJobs {
  readonly jobs: Job[] = [];
  readonly known = new Map<string, Map<string, string>>();
  readonly #listeners = new Set<(job: Job) => void>();
  readonly #lines = new Map<number, string[]>();
  readonly #wakes = new Set<() => void>();
  /** Called when a job was made, so that a test goes on from there. */
  whenSubmitted: (job: Job) => void = () => undefined;
  /** Where the server is to fail. */
  failing: Error | null = null;

  submit(request: JobRequest): Job {
    if (this.failing !== null) throw this.failing;
    const older = this.ofRef(request.repository, request.ref);
    const job: Job = {
      ...NEW,
      ...request,
      priority: request.priority ?? 0,
      paths: request.paths ?? [],
      id: this.jobs.length + 1,
    };
    this.jobs.push(job);
    this.#refs(request.repository).set(request.ref, request.commit);
    for (const { id, state } of older)
      if (!isFinal(state)) this.change(id, { state: 'cancelled', reason: `superseded by job ${job.id}` });
    this.#tell(job);
    this.whenSubmitted(job);
    return job;
  }

  cancel(id: number, by: string): void {
    this.change(id, { state: 'cancelled', reason: `cancelled by ${by}` });
  }

  ofRef(repository: string, ref: string): readonly Job[] {
    return this.jobs.filter((job) => job.repository === repository && job.ref === ref).toReversed();
  }

  knownRefs(repository: string): ReadonlyMap<string, string> {
    return this.#refs(repository);
  }

  rememberRef(repository: string, ref: string, commit: string | null): void {
    if (commit === null) this.#refs(repository).delete(ref);
    else this.#refs(repository).set(ref, commit);
  }

  get(id: number): Job | null {
    return this.jobs[id - 1] ?? null;
  }

  onChange(listener: (job: Job) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The run begins, if it has not, and this happens in it. */
  tell(id: number, ...events: readonly FakeEvent[]): void {
    if (this.get(id)?.state === 'queued') this.change(id, { state: 'running', runs: 1, startedAtMs: Date.now() });
    const lines = this.#lines.get(id) ?? [];
    this.#lines.set(id, [...lines, ...events.map((event) => JSON.stringify({ atMs: 1, ...event }))]);
    for (const wake of this.#wakes) wake();
  }

  end(id: number, state: FinalJobState, more: Partial<Job> = {}): void {
    this.tell(id, { event: 'end', state });
    this.change(id, { state, endedAtMs: Date.now(), ...more });
  }

  change(id: number, more: Partial<Job>): void {
    const job = this.get(id);
    if (job === null) return;
    this.jobs[id - 1] = { ...job, ...more };
    this.#tell({ ...job, ...more });
  }

  events(id: number): { read(fromByte: number): AsyncIterable<{ readonly id: number; readonly line: string }> } {
    return { read: () => this.#read(id) };
  }

  async *#read(id: number): AsyncGenerator<{ readonly id: number; readonly line: string }> {
    for (let at = 0; ; at++) {
      while ((this.#lines.get(id)?.length ?? 0) <= at) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        const wake = (): void => resolve(undefined);
        this.#wakes.add(wake);
        await promise;
        this.#wakes.delete(wake);
      }
      const line = this.#lines.get(id)?.[at] ?? '';
      yield { id: at, line };
      if (line.includes('"event":"end"')) return;
    }
  }

  #refs(repository: string): Map<string, string> {
    const refs = this.known.get(repository) ?? new Map<string, string>();
    this.known.set(repository, refs);
    return refs;
  }

  #tell(job: Job): void {
    for (const listener of this.#listeners) listener(job);
  }
}

const NEW = {
  state: 'queued',
  reason: null,
  runs: 0,
  startedAtMs: null,
  endedAtMs: null,
  counts: null,
  waiting: [],
  paths: [],
} as const;

function isFinal(state: Job['state']): boolean {
  return state !== 'queued' && state !== 'running';
}
