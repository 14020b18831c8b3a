import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase } from '../../../server/database.ts';
import type { JobRequest } from '../../../server/jobs/job.ts';
import { JobStore } from '../../../server/jobs/job-store.ts';
import { JOB_TABLES } from '../../../server/jobs/job-tables.ts';

export function request(given: Partial<JobRequest> = {}): JobRequest {
  return {
    repository: 'shop',
    ref: `refs/heads/${given.branch ?? 'main'}`,
    branch: 'main',
    commit: 'c'.repeat(40),
    title: 'Add a cart',
    author: 'Ada',
    pushedBy: 'ci',
    pushedAtMs: 1,
    trust: 'trusted',
    cause: 'push',
    ...given,
  };
}

/** The n-th commit of a repository. */
export function commit(number: number): string {
  return number.toString(16).padStart(40, '0');
}

/** A store in a temporary folder, with a clock of its own; it can be opened again, as after a kill. */
export class StoreLab implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-jobs-'));
  readonly path = join(this.folder, 'server.sqlite');
  nowMs = 1000;
  #file = openDatabase(this.path, [JOB_TABLES]);
  store = new JobStore(this.#file, () => this.nowMs);

  /** Closes nothing: what was not written is lost, as by a kill. */
  reopen(): JobStore {
    this.#file[Symbol.dispose]();
    this.#file = openDatabase(this.path, [JOB_TABLES]);
    this.store = new JobStore(this.#file, () => this.nowMs);
    return this.store;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
