import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { noteGround } from './grounds.ts';

/**
 * The root of the workspace that `folder` belongs to: the nearest folder at or above it that holds `.git` (a folder in a
 * clone, a file in a worktree or submodule), else `folder` itself. Absolute; no git is started.
 */
export function findWorkspaceRoot(folder: string): string {
  const start = resolve(folder);
  for (let current = start; ; current = dirname(current)) {
    const dotGit = join(current, '.git');
    noteGround(dotGit, 'kind');
    if (existsSync(dotGit)) return current;
    if (dirname(current) === current) return start;
  }
}
