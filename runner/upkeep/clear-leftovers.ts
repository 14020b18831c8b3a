import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { namesIn } from '../../util/names-in.ts';
import { tryLock } from '../../util/process-lock.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import { CommitTrees } from '../clone/commit-trees.ts';

const UNUSED_AFTER_MS = 30 * 24 * 3_600_000;

/**
 * Removes what is remembered or fetched and was not used for a month: parsed Layerfiles, looks at workspaces, clones. All of it
 * is made again where it is missed.
 */
export function clearLeftovers(home: string, nowMs: number): void {
  for (const folder of ['parsed', 'looks']) clearFiles(join(home, folder), nowMs);
  for (const name of namesIn(join(home, 'clones'))) clearClone(join(home, 'clones', name), nowMs);
}

function clearFiles(folder: string, nowMs: number): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (isUnused(path, nowMs)) rmSync(path, { force: true });
  }
}

/** What is only read is not written: mostly the access time tells, which file systems keep to the day. */
function isUnused(path: string, nowMs: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && nowMs - Math.max(stats.mtimeMs, stats.atimeMs) > UNUSED_AFTER_MS;
}

/** The folder stays, with its lock: whoever waits for it fetches anew. */
function clearClone(folder: string, nowMs: number): void {
  const [mirror, trees] = [join(folder, 'mirror.git'), join(folder, 'trees')];
  if (statSync(mirror, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  using lock = tryLock(join(folder, 'lock'), 'exclusive');
  if (lock === null || nowMs - lastUse(mirror, trees) <= UNUSED_AFTER_MS) return;
  new CommitTrees(trees).removeOld(nowMs, 0);
  const scratch = makeTemporaryFolder('clearing', folder);
  renameSync(mirror, join(scratch, 'mirror.git'));
  rmSync(scratch, { recursive: true, force: true });
}

/** A run touches the lock of each tree that it reads. */
function lastUse(mirror: string, trees: string): number {
  const paths = [mirror, ...namesIn(trees).map((name) => join(trees, name))];
  return Math.max(...paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}
