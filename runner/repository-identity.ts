import { GitFailure, runGit } from './git-command.ts';
import { readRepositoryUrl, repositoryName } from './repository-url.ts';

/**
 * What all clones of a repository have in common: `HOST/OWNER/NAME` of the remote `origin`, or its path. A workspace without
 * one is a repository of its own: its root's absolute path.
 */
export async function repositoryIdentity(root: string, signal: AbortSignal): Promise<string> {
  const args = ['-c', 'safe.directory=*', '-C', root, 'config', '--get', 'remote.origin.url'];
  try {
    const url = await runGit(args, { name: 'git to name the remote repository', limitMs: 20_000, signal });
    const read = readRepositoryUrl(url.trim());
    return 'problem' in read ? root : repositoryName(read);
  } catch (error) {
    if (error instanceof GitFailure) return root;
    throw error;
  }
}
