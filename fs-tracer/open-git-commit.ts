import type { GitCommit, GitCommitOptions } from './git/commit.ts';

/** Throws `WORKSPACE_UNREADABLE` where the repository has no such commit. Loads what it needs now: most runs have no use for it. */
export async function openGitCommit(options: GitCommitOptions): Promise<GitCommit> {
  const { CommitInRepository } = await import('./git/git-commit.ts');
  return new CommitInRepository(options);
}
