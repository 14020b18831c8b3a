import { GitFailure, runGit } from '../git-command.ts';

/** The branch that the workspace at `root` is on; null for a detached HEAD and for a folder that git knows nothing of. */
export async function currentBranch(root: string, signal: AbortSignal): Promise<string | null> {
  // Only a name is read: whoever owns the folder, nothing of it runs.
  const args = ['-c', 'safe.directory=*', '-C', root, 'symbolic-ref', '--quiet', '--short', 'HEAD'];
  try {
    return (await runGit(args, { name: 'git to name the branch', limitMs: 20_000, signal })).trim() || null;
  } catch (error) {
    if (error instanceof GitFailure) return null;
    throw error;
  }
}
