import type { RecordedEvent, Runners } from '../../../server/api/schemas/index.ts';
import type { EventLineRead, EventsFrom, JobService, Page } from '../../../server/api/services.ts';
import {
  done,
  type JobAction,
  missing,
  noButton,
  refusedAsEnded,
  refusedAsUnfinished,
} from '../../../server/jobs/job-action.ts';
import { isSameButton } from '../../../server/jobs/job.ts';
import type {
  ButtonPlace,
  FinalJobState,
  Job,
  JobRequest,
  JobRun,
  JobState,
  RunCause,
} from '../../../server/jobs/job.ts';

interface FakeRun {
  run: JobRun;
  readonly lines: string[];
  readonly waiting: Set<(value: undefined) => void>;
}

const STATES: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'];

/** Jobs that are nowhere but here, and run as a test says. */
export class FakeJobs implements JobService {
  readonly #jobs = new Map<number, Job>();
  readonly #runs = new Map<number, FakeRun[]>();
  readonly #listeners = new Set<(job: Job) => void>();
  /** Called with what `submit` and `retry` begin. */
  onSubmit: (job: Job, cause: RunCause) => void = () => undefined;
  readonly pressed: ButtonPlace[] = [];
  readonly recordings = new Map<string, string>();
  runnersNow: Runners = {
    machines: { running: 0, limit: 4 },
    memory: { usedMib: 0, limitMib: 8192 },
    workers: [],
    waiting: [],
  };
  /** How many readers wait for more lines: none may be left behind by requests that have ended. */
  waitingReaders = 0;

  get(id: number): Job | null {
    return this.#jobs.get(id) ?? null;
  }

  list(search: string, { before, limit }: { readonly before?: number; readonly limit: number }): Page {
    const words = search.match(/-?(?:\w+:)?(?:"[^"]*"|\S+)/g) ?? [];
    const found = [...this.#jobs.values()]
      .filter((job) => (before === undefined || job.id < before) && words.every((word) => matches(job, word)))
      .sort((a, b) => b.id - a.id);
    const jobs = found.slice(0, limit);
    return { jobs, next: found.length > limit ? (jobs.at(-1)?.id ?? null) : null };
  }

  runs(id: number): readonly JobRun[] {
    return (this.#runs.get(id) ?? []).map(({ run }) => run);
  }

  counts(): Readonly<Record<JobState, number>> {
    const jobs = [...this.#jobs.values()];
    return Object.fromEntries(
      STATES.map((state) => [state, jobs.filter((job) => job.state === state).length]),
    ) as Record<JobState, number>;
  }

  onChange(listener: (job: Job) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  events(id: number, run: number, from: EventsFrom): AsyncIterable<EventLineRead> | null {
    const job = this.#jobs.get(id);
    if (job === undefined || run < 1 || run > Math.max(1, job.runs)) return null;
    return this.#lines(id, run, from);
  }

  endedSince(sinceMs: number, repository: string | null): readonly Job[] {
    const hasEnded = (job: Job): boolean =>
      (job.endedAtMs ?? 0) >= sinceMs && (repository ?? job.repository) === job.repository;
    return [...this.#jobs.values()].filter(hasEnded);
  }

  async *#lines(id: number, run: number, { byte, follow, signal }: EventsFrom): AsyncGenerator<EventLineRead> {
    const found = this.#runs.get(id)?.[run - 1];
    if (found === undefined) return;
    let at = 0;
    for (let index = 0; !signal.aborted; index++) {
      while (index >= found.lines.length) {
        if (found.run.endedAtMs !== null || !follow) return;
        await this.#more(found, signal);
        signal.throwIfAborted();
      }
      const line = found.lines[index] ?? '';
      at += Buffer.byteLength(line) + 1;
      if (at > byte) yield { id: at, line };
    }
  }

  recording(id: number, run: number, kind: 'report' | 'timeline'): string | null {
    return this.recordings.get(`${id}/${run}/${kind}`) ?? null;
  }

  submit(request: JobRequest): Job {
    const job: Job = {
      ...request,
      priority: request.priority ?? 0,
      paths: request.paths ?? [],
      waiting: [],
      id: this.#jobs.size + 1,
      state: 'queued',
      reason: null,
      runs: 0,
      startedAtMs: null,
      endedAtMs: null,
      counts: null,
    };
    this.#change(job);
    this.onSubmit(job, request.cause);
    return this.#jobs.get(job.id) ?? job;
  }

  cancel(id: number, by: string): JobAction {
    const job = this.#jobs.get(id);
    if (job === undefined) return missing(id);
    if (!isUnfinished(job)) return refusedAsEnded(job);
    this.end(id, 'cancelled', { reason: `cancelled by ${by}` });
    return done(this.get(id) ?? job);
  }

  retry(id: number): JobAction {
    const job = this.#jobs.get(id);
    if (job === undefined) return missing(id);
    if (isUnfinished(job)) return refusedAsUnfinished(job);
    this.#change({ ...job, state: 'queued', reason: null, endedAtMs: null });
    this.onSubmit(job, 'retry');
    return done(this.get(id) ?? job);
  }

  press(id: number, place: ButtonPlace): JobAction {
    const job = this.#jobs.get(id);
    if (job === undefined) return missing(id);
    if (!job.waiting.some((other) => isSameButton(other, place))) return noButton(job);
    this.pressed.push(place);
    this.#change({ ...job, state: 'queued', endedAtMs: null, waiting: [] });
    this.onSubmit(job, 'button');
    return done(this.get(id) ?? job);
  }

  runners(): Runners {
    return this.runnersNow;
  }

  /** A run begins. */
  begin(id: number, cause: RunCause, startedAtMs = Date.now()): void {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Error(`There is no job ${id}`);
    const runs = this.#runs.get(id) ?? [];
    this.#runs.set(id, runs);
    const run: JobRun = { job: id, number: runs.length + 1, cause, startedAtMs, endedAtMs: null, outcome: null };
    runs.push({ run, lines: [], waiting: new Set() });
    this.#change({ ...job, state: 'running', runs: runs.length, startedAtMs, endedAtMs: null });
  }

  /** The last run tells something; times of `events` are from its beginning. */
  emit(id: number, ...events: readonly RecordedEvent[]): void {
    const of = this.#runs.get(id)?.at(-1);
    if (of === undefined) throw new Error(`Job ${id} has no run`);
    for (const event of events) of.lines.push(JSON.stringify({ ...event, atMs: of.run.startedAtMs + event.atMs }));
    wake(of);
  }

  end(
    id: number,
    state: FinalJobState,
    { reason = null, endedAtMs = Date.now(), counts, waiting }: Partial<Omit<Job, 'id' | 'state'>> = {},
  ): void {
    const job = this.#jobs.get(id);
    const last = this.#runs.get(id)?.at(-1);
    if (last !== undefined && last.run.endedAtMs === null) {
      last.lines.push(JSON.stringify({ atMs: endedAtMs, event: 'end', state, reason }));
      last.run = { ...last.run, endedAtMs, outcome: state };
      wake(last);
    }
    if (job === undefined) return;
    this.#change({ ...job, state, reason, endedAtMs, counts: counts ?? job.counts, waiting: waiting ?? job.waiting });
  }

  #change(job: Job): void {
    this.#jobs.set(job.id, job);
    for (const listener of this.#listeners) listener(job);
  }

  async #more(run: FakeRun, signal: AbortSignal): Promise<void> {
    this.waitingReaders++;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    run.waiting.add(resolve);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    await promise;
    run.waiting.delete(resolve);
    this.waitingReaders--;
  }
}

function isUnfinished({ state }: Job): boolean {
  return state === 'queued' || state === 'running';
}

function wake(run: FakeRun): void {
  for (const resolve of run.waiting) resolve(undefined);
}

function matches(job: Job, word: string): boolean {
  if (word.startsWith('-') && word.length > 1) return !matches(job, word.slice(1));
  const [, key, value = ''] = /^(repo|branch|id|status):(.*)$/.exec(word) ?? [];
  const wanted = value.replaceAll('"', '').toLowerCase();
  if (key === 'repo') return job.repository === wanted;
  if (key === 'branch') return job.branch.toLowerCase() === wanted;
  if (key === 'id') return String(job.id) === wanted;
  if (key === 'status') return job.state === (wanted === 'done' ? 'succeeded' : wanted);
  const text = [job.title, job.author, job.branch, job.repository, job.commit].join('\n').toLowerCase();
  return text.includes(word.replaceAll('"', '').toLowerCase());
}
