import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { noteGround } from '../util/grounds.ts';

/** Where a checkout keeps what visibility depends on. Found without starting git. */
export interface GitFolder {
  /** The checkout's root. */
  readonly root: string;
  readonly indexPath: string;
  /** Holds `config` and `info/`, shared between worktrees. */
  readonly commonPath: string;
}

/**
 * The git folder of the checkout whose root is `root`, null where there is none. `.git` is a folder in a clone and a file
 * `gitdir: PATH` in a worktree or submodule; a worktree's folder names the shared one in its file `commondir`
 * (gitrepository-layout(5)).
 */
export function openGitFolder(root: string): GitFolder | null {
  const dotGit = join(root, '.git');
  noteGround(dotGit, 'kind');
  const stats = statSync(dotGit, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  const path = stats.isDirectory() ? dotGit : linkedFolder(root, dotGit);
  if (path === null) return null;
  const common = readLine(join(path, 'commondir'));
  return { root, indexPath: join(path, 'index'), commonPath: common === null ? path : resolve(path, common) };
}

function linkedFolder(root: string, dotGit: string): string | null {
  const link = readLine(dotGit);
  return link?.startsWith('gitdir: ') === true ? resolve(root, link.slice('gitdir: '.length)) : null;
}

function readLine(path: string): string | null {
  noteGround(path);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return null;
  }
}
