import type { Job, JobRequest, Trust } from '../jobs/job.ts';
import type { PushJobs } from './push-jobs.ts';
import { readBranches, readRefs } from './read-refs.ts';
import { type CommitWords, readCommits } from './read-commits.ts';
import { branchOf, isBranchRef, isJobRef, type RefUpdate } from './ref-update.ts';
import type { Repositories, Repository } from './repositories.ts';
import { Turns } from './turns.ts';

export interface Push {
  readonly repository: Repository;
  readonly updates: readonly RefUpdate[];
  /** Name of the token, or who it was on this host or at the forge. */
  readonly pushedBy: string;
  /** `trusted` by default. */
  readonly trust?: Trust;
}

/** What became of a ref of a push. */
export type Received =
  | { readonly kind: 'job'; readonly ref: string; readonly job: Job }
  /** That very value became a job before: the same push told twice, or found at a start. */
  | { readonly kind: 'known'; readonly ref: string; readonly job: Job | null }
  /** A later push of the ref was told first. */
  | { readonly kind: 'overtaken'; readonly ref: string; readonly job: Job | null }
  | { readonly kind: 'deleted'; readonly ref: string; readonly cancelled: readonly Job[] }
  /** One push brought more branches than {@link MAX_JOBS_A_PUSH}. */
  | { readonly kind: 'too-many'; readonly ref: string };

export const MAX_JOBS_A_PUSH = 50;
/** Hooks come within moments of each other, or never. */
const MAX_AHEAD = 1000;
/** Who pushed what nobody told the server of. */
const UNKNOWN = 'unknown';

/** Turns changes of branches into jobs, each once, whoever tells of them and however often. One push of a repository at a time. */
export class PushReceiver {
  readonly #repositories: Repositories;
  readonly #jobs: PushJobs;
  readonly #turns = new Turns();
  /** Values that were seen only because a later push of the ref said what it changed. */
  readonly #ahead = new Set<string>();

  constructor(repositories: Repositories, jobs: PushJobs) {
    this.#repositories = repositories;
    this.#jobs = jobs;
  }

  /** What is no branch is left out. Jobs are durable when this resolves. */
  async receive(push: Push): Promise<readonly Received[]> {
    return this.#turns.take(push.repository.name, () => this.#receive(push));
  }

  /**
   * Makes jobs of what was pushed without a word to the server, and cancels those of branches that have gone; of all
   * repositories, or of one. A repository that cannot be read is told to `onTrouble`, and the others are looked at.
   */
  async reconcile({ only, onTrouble }: ReconcileOptions = {}): Promise<readonly Received[]> {
    const received: Received[] = [];
    for (const repository of only === undefined ? this.#repositories.list() : [only]) {
      try {
        received.push(...(await this.#turns.take(repository.name, () => this.#reconcile(repository))));
      } catch (error) {
        if (onTrouble === undefined) throw error;
        onTrouble(repository, error);
      }
    }
    return received;
  }

  /** From now on the branches are as they were meant to be: none of their values becomes a job. Resolves to those that would have. */
  async passOver(repository: Repository): Promise<readonly Received[]> {
    return this.#turns.take(repository.name, async () => {
      const known = this.#jobs.knownRefs(repository.name);
      const refs = [...(await readBranches(repository.folder))].filter(([ref, commit]) => known.get(ref) !== commit);
      for (const [ref, commit] of refs) this.#jobs.rememberRef(repository.name, ref, commit);
      return refs.map(([ref]) => ({ kind: 'too-many', ref }) as const);
    });
  }

  async #reconcile(repository: Repository): Promise<readonly Received[]> {
    const known = this.#jobs.knownRefs(repository.name);
    const refs = await readBranches(repository.folder);
    const changed = [...refs].filter(([ref, commit]) => known.get(ref) !== commit);
    const gone = [...known.keys()].filter((ref) => isBranchRef(ref) && !refs.has(ref));
    const updates = [
      ...changed.map(([ref, after]) => ({ ref, before: known.get(ref) ?? null, after })),
      ...gone.map((ref) => ({ ref, before: known.get(ref) ?? null, after: null })),
    ];
    return updates.length === 0 ? [] : this.#receive({ repository, updates, pushedBy: UNKNOWN });
  }

  async #receive(push: Push): Promise<readonly Received[]> {
    const { repository } = push;
    const updates = push.updates.filter(({ ref }) => isJobRef(ref));
    const wanted = updates.filter(({ after }) => after !== null).slice(0, MAX_JOBS_A_PUSH);
    const commits = wanted.flatMap(({ before, after }) => [before, after]).filter((commit) => commit !== null);
    const refs = updates.map(({ ref }) => ref);
    const { folder } = repository;
    const [current, words] = await Promise.all([readRefs(folder, refs), readCommits(folder, commits)]);
    return updates.map((update) => {
      if (update.after === null) return this.#delete(push, update, current.has(update.ref));
      if (wanted.includes(update)) return this.#update(push, update, update.after, current.get(update.ref), words);
      this.#jobs.rememberRef(repository.name, update.ref, update.after);
      return { kind: 'too-many', ref: update.ref };
    });
  }

  /**
   * Hooks of pushes that follow each other closely may be told in the wrong order. So a value that is not the ref's any more,
   * where the one that is has become a job, must not become a newer job; and where what the ref had before has not become a
   * job, that push is still to be told of, and its job is made now.
   */
  #update(
    push: Push,
    { ref, before }: RefUpdate,
    after: string,
    current: string | undefined,
    words: (commit: string) => CommitWords,
  ): Received {
    const name = push.repository.name;
    const known = this.#jobs.knownRefs(name).get(ref);
    if (this.#ahead.delete(keyOf(name, ref, after)) || known === after)
      return { kind: 'known', ref, job: this.#latest(name, ref, after) };
    if (current !== after && known !== undefined && known === current)
      return { kind: 'overtaken', ref, job: this.#latest(name, ref, known) };
    const isGap = before !== null && known !== before;
    if (isGap) {
      this.#submit(push, ref, before, words(before));
      this.#goAhead(keyOf(name, ref, before));
    }
    return { kind: 'job', ref, job: this.#submit(push, ref, after, words(after)) };
  }

  #submit({ repository, pushedBy, trust = 'trusted' }: Push, ref: string, commit: string, words: CommitWords): Job {
    const request: JobRequest = {
      repository: repository.name,
      ref,
      branch: branchOf(ref),
      commit,
      ...words,
      pushedBy,
      pushedAtMs: Date.now(),
      trust,
      priority: repository.settings.priority,
      cause: 'push',
    };
    return this.#jobs.submit(request);
  }

  #delete({ repository: { name }, pushedBy }: Push, { ref }: RefUpdate, isThere: boolean): Received {
    if (isThere) return { kind: 'overtaken', ref, job: this.#jobs.ofRef(name, ref)[0] ?? null };
    this.#jobs.rememberRef(name, ref, null);
    const unfinished = this.#jobs.ofRef(name, ref).filter(({ state }) => state === 'queued' || state === 'running');
    for (const { id } of unfinished) this.#jobs.cancel(id, pushedBy);
    return { kind: 'deleted', ref, cancelled: unfinished };
  }

  #latest(repository: string, ref: string, commit: string): Job | null {
    return this.#jobs.ofRef(repository, ref).find((job) => job.commit === commit) ?? null;
  }

  #goAhead(key: string): void {
    this.#ahead.add(key);
    const [oldest] = this.#ahead;
    if (this.#ahead.size > MAX_AHEAD && oldest !== undefined) this.#ahead.delete(oldest);
  }
}

export interface ReconcileOptions {
  readonly only?: Repository;
  readonly onTrouble?: (repository: Repository, error: unknown) => void;
}

function keyOf(repository: string, ref: string, commit: string): string {
  return `${repository} ${commit} ${ref}`;
}
