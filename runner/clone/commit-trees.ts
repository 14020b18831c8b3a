import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

import { tryLock } from '../../util/process-lock.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';

/** A commit's files on disk; they stay while this is not disposed. */
export interface HeldTree extends Disposable {
  readonly folder: string;
}

const KEPT_TREES = 3;
const UNUSED_AFTER_MS = 7 * 24 * 3_600_000;

/**
 * The files of commits of one repository, each commit in a folder of its own: `COMMIT` is made under another name and
 * renamed, and never changes after that. Beside it lies `COMMIT.lock`: a run that reads the tree shares its lock, so only a
 * tree that nobody reads is ever removed, and its modification time says when it was used last.
 */
export class CommitTrees {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** The tree of `commit`; null where it has to be made. */
  hold(commit: string): HeldTree | null {
    const folder = join(this.#folder, commit);
    if (!isFolder(folder)) return null;
    const lock = tryLock(`${folder}.lock`, 'shared');
    if (lock === null) return null;
    // It may have gone between the two.
    if (!isFolder(folder)) {
      lock[Symbol.dispose]();
      return null;
    }
    const now = new Date();
    utimesSync(`${folder}.lock`, now, now);
    return { folder, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  }

  /**
   * Makes the tree of `commit`, which is not there: `write` fills an empty folder, and makes it durable. Nothing is left
   * where it throws. Callers take turns (the repository's lock), with each other and with {@link removeOld}.
   */
  async make(commit: string, write: (folder: string) => Promise<void>): Promise<void> {
    const scratch = makeTemporaryFolder('tree', this.#folder);
    try {
      const files = join(scratch, 'files');
      mkdirSync(files);
      await write(files);
      renameSync(files, join(this.#folder, commit));
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /** Removes what was not used for a week and nobody reads; the newest `kept` always stay. */
  removeOld(nowMs: number, kept = KEPT_TREES): void {
    const commits = readdirSync(this.#folder).filter((name) => /^[0-9a-f]{40,64}$/.test(name));
    const used = commits.map((commit) => ({ commit, usedAtMs: lastUse(join(this.#folder, commit)) }));
    used.sort((a, b) => b.usedAtMs - a.usedAtMs);
    for (const { commit, usedAtMs } of used.slice(kept)) {
      if (nowMs - usedAtMs > UNUSED_AFTER_MS) this.#remove(commit);
    }
  }

  #remove(commit: string): void {
    const folder = join(this.#folder, commit);
    using lock = tryLock(`${folder}.lock`, 'exclusive');
    if (lock === null) return;
    const scratch = makeTemporaryFolder('tree', this.#folder);
    renameSync(folder, join(scratch, 'files'));
    rmSync(scratch, { recursive: true, force: true });
    rmSync(`${folder}.lock`, { force: true });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function lastUse(folder: string): number {
  const lock = statSync(`${folder}.lock`, { throwIfNoEntry: false });
  return (lock ?? statSync(folder)).mtimeMs;
}
