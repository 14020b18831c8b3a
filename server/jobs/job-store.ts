import type { StatementSync } from 'node:sqlite';

import type { ServerDatabase } from '../database.ts';
import { conditionOf } from './filter-sql.ts';
import {
  type ButtonPlace,
  type FinalJobState,
  isSameButton,
  type Job,
  type JobCounts,
  type JobRequest,
  type JobRun,
  JOB_STATES,
  type JobState,
  type RunCause,
} from './job.ts';
import { EVERY_JOB, type JobFilter } from './job-filter.ts';
import { saidBy, storableRequest } from './job-request.ts';
import { jobOf, type QueuedFacts, queuedFactsOf, type Row, runOf } from './job-row.ts';

/** What came of a request. */
export interface AcceptedJob {
  readonly job: Job;
  /** False where this very push has become a job before. */
  readonly isNew: boolean;
  /** Of older jobs of the ref that are to be cancelled: those that run. The others are cancelled by now. */
  readonly running: readonly Job[];
}

/** How a run ended. */
export interface EndedRun {
  readonly outcome: FinalJobState;
  readonly reason: string | null;
  /** Null: those of the run before still count. */
  readonly counts: JobCounts | null;
  readonly waiting: readonly ButtonPlace[];
}

/** A run that a server has begun and not ended. */
export interface OpenJobRun {
  readonly job: Job;
  readonly facts: QueuedFacts;
  /** Of its last run: the name of its process (util/process-owner.ts). */
  readonly worker: string | null;
}

const MOST_LISTED = 200;
const MOST_OF_REF = 20;
const LONGEST_REASON = 4000;

/** The table of jobs: every change of one is a transaction, and is told when that is over. */
export class JobStore {
  readonly #file: ServerDatabase;
  readonly #now: () => number;
  readonly #statements = new Map<string, StatementSync>();
  readonly #listeners = new Set<(job: Job) => void>();

  constructor(file: ServerDatabase, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  /** Gets each job that has changed, until disposed. */
  onChange(listener: (job: Job) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  get(id: number): Job | null {
    const row = this.#get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? null : jobOf(row);
  }

  facts(id: number): QueuedFacts | null {
    const row = this.#get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? null : queuedFactsOf(row);
  }

  /** The newest first. `next`: `before` of the jobs that follow; null where there are none. */
  list(
    filter: JobFilter = EVERY_JOB,
    { before = Number.MAX_SAFE_INTEGER, limit = 50 }: { readonly before?: number; readonly limit?: number } = {},
  ): { readonly jobs: readonly Job[]; readonly next: number | null } {
    const { sql, values } = conditionOf(filter);
    const count = Math.max(1, Math.min(limit, MOST_LISTED));
    // Conditions are of many kinds: they are not kept.
    const statement = this.#file.database.prepare(
      `SELECT * FROM jobs WHERE id < ? AND ${sql} ORDER BY id DESC LIMIT ?`,
    );
    const jobs = statement.all(before, ...values, count + 1).map(jobOf);
    return { jobs: jobs.slice(0, count), next: jobs.length > count ? (jobs[count - 1]?.id ?? null) : null };
  }

  runs(id: number): readonly JobRun[] {
    return this.#all('SELECT * FROM runs WHERE job = ? ORDER BY number', id).map(runOf);
  }

  /** How many there are of each state. */
  counts(): Readonly<Record<JobState, number>> {
    const rows = this.#all('SELECT state, count(*) AS many FROM jobs GROUP BY state');
    const counts = new Map(rows.map((row) => [row['state'] as string, row['many'] as number]));
    return Object.fromEntries(JOB_STATES.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
  }

  /** Those that are to run, in their order: priority, then age. */
  queued(): readonly Job[] {
    return this.#all(`SELECT * FROM jobs WHERE state = 'queued' ORDER BY priority DESC, id`).map(jobOf);
  }

  running(): readonly OpenJobRun[] {
    const sql = `SELECT jobs.*, runs.worker FROM jobs JOIN runs ON runs.job = jobs.id AND runs.number = jobs.runs
      WHERE state = 'running' ORDER BY jobs.id`;
    return this.#all(sql).map((row) => {
      return { job: jobOf(row), facts: queuedFactsOf(row), worker: row['worker'] as string | null };
    });
  }

  /** What of the repository's refs has become a job. */
  knownRefs(repository: string): ReadonlyMap<string, string> {
    const rows = this.#all('SELECT ref, commit_id FROM known_refs WHERE repository = ?', repository);
    return new Map(rows.map((row) => [row['ref'] as string, row['commit_id'] as string]));
  }

  /** The ref has this value (null: it is gone), and no job is to be made for that. */
  rememberRef(repository: string, ref: string, commit: string | null): void {
    this.#file.writeDurably(() => {
      if (commit !== null) this.#setKnownRef({ repository, ref, commit });
      else this.#run('DELETE FROM known_refs WHERE repository = ? AND ref = ?', repository, ref);
    });
  }

  /** The newest jobs of a ref, and all that are unfinished; the newest first. */
  ofRef(repository: string, ref: string): readonly Job[] {
    const sql = 'SELECT * FROM jobs WHERE repository = ? AND ref = ? ORDER BY id DESC LIMIT ?';
    const newest = this.#all(sql, repository, ref, MOST_OF_REF).map(jobOf);
    const older = this.#unfinishedOf(repository, ref, newest.at(-1)?.id ?? 0);
    return [...newest, ...older.toReversed()];
  }

  /**
   * Makes a job, for good before this returns. A push is what its ref is known to be from then on, and where `supersede` says so, older
   * jobs of the ref that have not ended are cancelled with it, in the same transaction.
   */
  create(request: JobRequest, { supersede = true }: { readonly supersede?: boolean } = {}): AcceptedJob {
    const stored = storableRequest(request);
    const isPush = stored.cause === 'push';
    const changed: Job[] = [];
    const accepted = this.#file.writeDurably((): AcceptedJob => {
      const earlier = isPush ? this.#jobOfPush(stored) : null;
      if (earlier !== null) return { job: earlier, isNew: false, running: [] };
      const id = this.#insert(stored);
      if (isPush) this.#setKnownRef(stored);
      const reason = `superseded by job ${id}`;
      const older = isPush && supersede ? this.#unfinishedOf(stored.repository, stored.ref, id) : [];
      changed.push(...older.map((job) => this.#cancel(job, reason)));
      return { job: this.#required(id), isNew: true, running: changed.filter(({ state }) => state === 'running') };
    });
    this.#tell(accepted.isNew ? [...changed, accepted.job] : []);
    return accepted;
  }

  /** Begins the next run of a queued job; null where it is not queued any more. */
  begin(id: number): JobRun | null {
    const begun = this.#file.write(() => {
      const nowMs = this.#now();
      const cause = this.facts(id)?.nextCause ?? 'created';
      const sql = `UPDATE jobs SET state = 'running', reason = NULL, runs = runs + 1, started_at_ms = ?, ended_at_ms = NULL,
        next_cause = NULL WHERE id = ? AND state = 'queued'`;
      if (this.#run(sql, nowMs, id) === 0) return null;
      const number = this.#required(id).runs;
      this.#run('INSERT INTO runs (job, number, cause, started_at_ms) VALUES (?, ?, ?, ?)', id, number, cause, nowMs);
      return { job: id, number, cause, startedAtMs: nowMs, endedAtMs: null, outcome: null };
    });
    if (begun !== null) this.#tell([this.#required(id)]);
    return begun;
  }

  setWorker(id: number, run: number, worker: string): void {
    this.#file.write(() => this.#run('UPDATE runs SET worker = ? WHERE job = ? AND number = ?', worker, id, run));
  }

  /**
   * Ends a run, once: null where the job is not in it any more. Its job ends with it, unless another run was asked for
   * meanwhile and it was not cancelled.
   */
  endRun(id: number, run: number, { outcome, reason, counts, waiting }: EndedRun): Job | null {
    return this.#endRun(id, run, outcome, ({ nextCause }) => {
      const goesOn = nextCause !== null && outcome !== 'cancelled';
      this.#run(
        `UPDATE jobs SET state = ?, reason = ?, counts = coalesce(?, counts), waiting = ?, ended_at_ms = ?, cancelling = NULL,
          next_cause = ?, resumptions = 0 WHERE id = ?`,
        goesOn ? 'queued' : outcome,
        goesOn ? null : (reason?.slice(0, LONGEST_REASON).toWellFormed() ?? null),
        ...[counts === null ? null : JSON.stringify(counts), JSON.stringify(waiting)],
        ...[goesOn ? null : this.#now(), goesOn ? nextCause : null, id],
      );
    });
  }

  /** Ends a run that was cut off by the end of its server. `counted`: it may be what killed that; after `most` such runs the job ends. */
  cutOff(id: number, run: number, { counted, most }: { readonly counted: boolean; readonly most: number }): Job | null {
    return this.#endRun(id, run, 'interrupted', ({ resumptions }) => {
      const times = resumptions + (counted ? 1 : 0);
      const isOver = counted && times >= most;
      this.#run(
        `UPDATE jobs SET state = ?, reason = ?, ended_at_ms = ?, next_cause = ?, resumptions = ? WHERE id = ?`,
        isOver ? 'interrupted' : 'queued',
        isOver ? `the server was killed in ${times} runs of it, one after another` : null,
        isOver ? this.#now() : null,
        isOver ? null : 'resumed',
        isOver ? 0 : times,
        id,
      );
    });
  }

  /** A queued job is cancelled, a running one is from now on being cancelled; null for any other. */
  cancel(id: number, reason: string): Job | null {
    const cancelled = this.#file.writeDurably(() => {
      const job = this.get(id);
      const isOpen = job !== null && (job.state === 'queued' || job.state === 'running');
      return isOpen ? this.#cancel(job, reason) : null;
    });
    if (cancelled !== null) this.#tell([cancelled]);
    return cancelled;
  }

  /** Queues another run of a job that has ended; null for any other. */
  retry(id: number): Job | null {
    return this.#again(id, () => {
      const sql = `UPDATE jobs SET state = 'queued', reason = NULL, next_cause = 'retry', ended_at_ms = NULL, resumptions = 0
        WHERE id = ? AND state NOT IN ('queued', 'running')`;
      return this.#run(sql, id);
    });
  }

  /** Remembers that a BUTTON was pressed, and queues a run that goes on there: at once, or when the one under way has ended. */
  press(id: number, button: ButtonPlace): Job | null {
    return this.#again(id, () => {
      const before = this.facts(id)?.pressed ?? [];
      const pressed = before.some((each) => isSameButton(each, button)) ? before : [...before, button];
      const sql = `UPDATE jobs SET pressed = ?, next_cause = iif(state = 'queued', next_cause, 'button'),
        reason = iif(state = 'running', reason, NULL), state = iif(state = 'running', state, 'queued'),
        ended_at_ms = NULL, resumptions = 0 WHERE id = ?`;
      return this.#run(sql, JSON.stringify(pressed), id);
    });
  }

  #again(id: number, change: () => number): Job | null {
    const job = this.#file.writeDurably(() => (change() === 0 ? null : this.#required(id)));
    if (job !== null) this.#tell([job]);
    return job;
  }

  #endRun(id: number, run: number, outcome: FinalJobState, change: (facts: QueuedFacts) => void): Job | null {
    const ended = this.#file.write(() => {
      const facts = this.facts(id);
      const { state, runs } = this.#required(id);
      if (facts === null || state !== 'running' || runs !== run) return null;
      change(facts);
      this.#run(
        'UPDATE runs SET ended_at_ms = ?, outcome = ? WHERE job = ? AND number = ?',
        this.#now(),
        outcome,
        id,
        run,
      );
      return this.#required(id);
    });
    if (ended !== null) this.#tell([ended]);
    return ended;
  }

  #cancel({ id, state }: Job, reason: string): Job {
    if (state === 'running') this.#run('UPDATE jobs SET cancelling = coalesce(cancelling, ?) WHERE id = ?', reason, id);
    else
      this.#run(
        `UPDATE jobs SET state = 'cancelled', reason = ?, ended_at_ms = ?, next_cause = NULL WHERE id = ?`,
        ...[reason, this.#now(), id],
      );
    return this.#required(id);
  }

  #unfinishedOf(repository: string, ref: string, before: number): readonly Job[] {
    const sql = `SELECT * FROM jobs WHERE repository = ? AND ref = ? AND id < ? AND state IN ('queued', 'running')
      ORDER BY id`;
    return this.#all(sql, repository, ref, before).map(jobOf);
  }

  /** Of a push that was told of before: at the server's start, or by another hook. */
  #jobOfPush({ repository, ref, commit }: Required<JobRequest>): Job | null {
    const known = this.#get('SELECT commit_id FROM known_refs WHERE repository = ? AND ref = ?', repository, ref);
    if (known?.['commit_id'] !== commit) return null;
    const sql = 'SELECT * FROM jobs WHERE repository = ? AND ref = ? AND commit_id = ? ORDER BY id DESC LIMIT 1';
    const row = this.#get(sql, repository, ref, commit);
    return row === undefined ? null : jobOf(row);
  }

  #setKnownRef({ repository, ref, commit }: Pick<JobRequest, 'repository' | 'ref' | 'commit'>): void {
    this.#run('INSERT OR REPLACE INTO known_refs VALUES (?, ?, ?)', repository, ref, commit);
  }

  #insert(request: Required<JobRequest>): number {
    const said = saidBy(request);
    const columns = {
      repository: request.repository,
      ref: request.ref,
      branch: request.branch,
      commit_id: request.commit,
      title: request.title,
      author: request.author,
      pushed_by: request.pushedBy,
      pushed_at_ms: Math.trunc(request.pushedAtMs),
      trust: request.trust,
      priority: request.priority,
      paths: JSON.stringify(request.paths),
      state: 'queued',
      next_cause: request.cause satisfies RunCause,
      said,
      said_lower: said.toLowerCase(),
    };
    const names = Object.keys(columns);
    const sql = `INSERT INTO jobs (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    return Number(this.#statement(sql).run(...Object.values(columns)).lastInsertRowid);
  }

  #required(id: number): Job {
    const job = this.get(id);
    if (job === null) throw new Error(`Internal error: there is no job ${id}`);
    return job;
  }

  #tell(jobs: readonly Job[]): void {
    for (const job of jobs) for (const listener of [...this.#listeners]) listener(job);
  }

  #get(sql: string, ...values: readonly (string | number | null)[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: readonly (string | number | null)[]): readonly Row[] {
    return this.#statement(sql).all(...values);
  }

  /** Gives how many rows have changed. */
  #run(sql: string, ...values: readonly (string | number | null)[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #statement(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#file.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
