import type { ServerDatabase } from '../../database.ts';
import type { JobState } from '../../jobs/job.ts';

/** Which state of a job a forge is to know, and whether it was told. */
export class StatusTable {
  readonly #file: ServerDatabase;

  constructor(file: ServerDatabase) {
    this.#file = file;
  }

  /** False where that is what is known already. */
  want(job: number, state: JobState): boolean {
    const sql = `INSERT INTO statuses VALUES (?, ?, 0)
      ON CONFLICT (job) DO UPDATE SET state = excluded.state, reported = 0 WHERE state <> excluded.state`;
    return this.#file.write(() => this.#file.database.prepare(sql).run(job, state).changes) !== 0;
  }

  /** The forge knows `state` of it, or never will. */
  settle(job: number, state: JobState): void {
    const sql = 'UPDATE statuses SET reported = 1 WHERE job = ? AND state = ?';
    this.#file.write(() => this.#file.database.prepare(sql).run(job, state));
  }

  isReported(job: number): boolean {
    return this.#file.database.prepare('SELECT reported FROM statuses WHERE job = ?').get(job)?.['reported'] === 1;
  }

  /** Jobs of which a forge is to be told something still, or that had not ended when it was told. The oldest first. */
  open(): readonly number[] {
    const sql = `SELECT job FROM statuses WHERE reported = 0 OR state IN ('queued', 'running') ORDER BY job`;
    return this.#file.database
      .prepare(sql)
      .all()
      .map((row) => Number(row['job']));
  }

  forget(job: number): void {
    this.#file.write(() => this.#file.database.prepare('DELETE FROM statuses WHERE job = ?').run(job));
  }

  /** Forgets those of jobs before `job`. */
  forgetBefore(job: number): void {
    this.#file.write(() => this.#file.database.prepare('DELETE FROM statuses WHERE job < ?').run(job));
  }
}
