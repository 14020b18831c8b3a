import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { makePrivateFolder } from '../../util/layer-home.ts';
import { lock } from '../../util/process-lock.ts';
import type { RepositoryUrl } from '../repository-url.ts';
import { type BranchWishes, branchName, chooseRevision, type Revision, wantedRefs } from './choose-revision.ts';
import { CommitTrees, type HeldTree } from './commit-trees.ts';
import { GitFailure, runGit } from '../git-command.ts';

const LIST_LIMIT_MS = 60_000;
const FETCH_LIMIT_MS = 30 * 60_000;
const WRITE_LIMIT_MS = 10 * 60_000;
/** Longer than another process takes that fetches the same. */
const LOCK_LIMIT_MS = FETCH_LIMIT_MS + WRITE_LIMIT_MS;

/** No settings of the user: a commit gives the same files for everybody, and no filter of theirs runs. */
const NO_SETTINGS = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_COUNT: '0' };

/**
 * What is kept of one repository, in `CLONES/HASH-OF-URL/`: `mirror.git`, a bare repository with the newest commit of each
 * branch that was asked for (and no history), and `trees/`. One process at a time fetches and writes.
 */
export class RepositoryMirror {
  readonly #repository: RepositoryUrl;
  readonly #folder: string;
  readonly #trees: CommitTrees;
  readonly #signal: AbortSignal;

  /** `clones` is the folder of all repositories. */
  constructor(repository: RepositoryUrl, clones: string, signal: AbortSignal) {
    this.#repository = repository;
    const hash = createHash('sha256').update(repository.url).digest('hex').slice(0, 32);
    this.#folder = makePrivateFolder(join(clones, hash));
    this.#trees = new CommitTrees(join(this.#folder, 'trees'));
    this.#signal = signal;
  }

  /** What the repository has now. Null where it is empty. Throws `GitFailure` where it cannot be reached. */
  async look(wishes: BranchWishes): Promise<Revision | null> {
    const { url, shown } = this.#repository;
    const listing = await this.#git(['ls-remote', '--', url, ...wantedRefs(wishes)], shown, LIST_LIMIT_MS);
    return chooseRevision(listing, wishes);
  }

  /** The tree of a revision if it is on disk already. */
  held({ commit }: Revision): HeldTree | null {
    return this.#trees.hold(commit);
  }

  /** Brings a revision here. Where the branch has moved on since it was looked at, the newer commit counts. */
  async fetch(revision: Revision): Promise<{ readonly revision: Revision; readonly tree: HeldTree }> {
    const wait = { name: `another process that fetches ${this.#repository.shown}`, limitMs: LOCK_LIMIT_MS };
    using _alone = await lock(join(this.#folder, 'lock'), 'exclusive', { ...wait, signal: this.#signal });
    const made = this.held(revision);
    if (made !== null) return { revision, tree: made };
    const commit = await this.#fetch(revision);
    const known = this.#trees.hold(commit);
    if (known === null) await this.#trees.make(commit, (folder) => this.#write(commit, folder));
    const tree = known ?? this.#trees.hold(commit);
    if (tree === null) throw new Error(`Internal error: the tree of ${commit} was written and is not there`);
    this.#trees.removeOld(Date.now());
    return { revision: { ref: revision.ref, commit }, tree };
  }

  get #mirror(): string {
    return join(this.#folder, 'mirror.git');
  }

  /**
   * The commit that was fetched. The repository was reached a moment ago, so where git fails, our own may be at fault: what
   * a killed git leaves (lock files, a full disk's ruins) would stand in the way for ever. It is made anew, once.
   */
  async #fetch(revision: Revision): Promise<string> {
    const isNew = !existsSync(this.#mirror);
    try {
      return await this.#fetchInto(revision);
    } catch (error) {
      if (isNew || !(error instanceof GitFailure)) throw error;
      rmSync(this.#mirror, { recursive: true, force: true });
      return this.#fetchInto(revision);
    }
  }

  async #fetchInto({ ref, commit }: Revision): Promise<string> {
    const { url, shown } = this.#repository;
    await this.#make(commit);
    // Hashed: a branch `a` that has gone must not stand in the way of a branch `a/b`.
    const local = `refs/layer/${createHash('sha256').update(ref).digest('hex').slice(0, 32)}`;
    const flags = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    const tidy = ['-c', 'gc.autoDetach=false', '-c', 'maintenance.autoDetach=false'];
    await this.#git(
      [`--git-dir=${this.#mirror}`, ...tidy, 'fetch', ...flags, '--', url, `+${ref}:${local}`],
      `${branchName({ ref, commit })} of ${shown}`,
      FETCH_LIMIT_MS,
    );
    const parsed = ['rev-parse', '--verify', '--end-of-options', `${local}^{commit}`];
    return (await this.#local([`--git-dir=${this.#mirror}`, ...parsed])).trim();
  }

  async #make(commit: string): Promise<void> {
    if (existsSync(join(this.#mirror, 'HEAD'))) return;
    const format = commit.length === 64 ? 'sha256' : 'sha1';
    await this.#local(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, this.#mirror]);
  }

  /**
   * As a checkout, and unlike `git archive`: attributes such as export-ignore change nothing, links and exec bits are kept.
   * Submodules are empty folders.
   */
  async #write(commit: string, folder: string): Promise<void> {
    const place = [`--git-dir=${this.#mirror}`, `--work-tree=${folder}`];
    const index = { GIT_INDEX_FILE: join(dirname(folder), 'index') };
    await this.#local([...place, 'read-tree', '--reset', '-u', '--no-recurse-submodules', commit], index);
    await promisify(execFile)('sync', ['--file-system', folder], { signal: this.#signal });
  }

  async #local(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `git to write ${this.#repository.shown}`;
    const given = { ...NO_SETTINGS, ...environment };
    return runGit(args, { name, limitMs: WRITE_LIMIT_MS, signal: this.#signal, environment: given });
  }

  async #git(args: readonly string[], name: string, limitMs: number): Promise<string> {
    return runGit(args, { name, limitMs, signal: this.#signal });
  }
}
