import { join } from 'node:path';

import { openSecretStore, type SecretStore } from '../../runner/index.ts';
import type { FoundCommit, RepositoryService } from '../api/services.ts';
import { BRANCH_PREFIX, GitFailed, type Repositories, runGit, shownSettings } from '../git/index.ts';
import { readCommits } from '../git/read-commits.ts';

/** What the API needs of repositories and their secrets. */
export function repositoryService(repositories: Repositories, dataFolder: string): RepositoryService {
  const secretsOf = (name: string): SecretStore => openSecretStore(join(dataFolder, 'secrets', name));
  return {
    names: () => repositories.list().map(({ name }) => name),
    settings: (name) => {
      const repository = repositories.open(name);
      return repository === null ? null : shownSettings(repository.settings);
    },
    create: async (name) => {
      if (repositories.open(name) !== null) return false;
      await repositories.create(name);
      return true;
    },
    change: (name, change) => void repositories.change(name, change),
    find: async (name, revision) => {
      const repository = repositories.open(name);
      return repository === null ? null : await findCommit(repository.folder, revision);
    },
    secrets: (name) =>
      secretsOf(name)
        .list()
        .map(({ setAtMs, ...rest }) => ({ ...rest, setAtMs: Math.round(setAtMs) })),
    setSecret: (name, secret, value) => secretsOf(name).set(secret, Buffer.from(value)),
    removeSecret: (name, secret) => secretsOf(name).remove(secret),
  };
}

async function findCommit(folder: string, revision: string): Promise<FoundCommit | null> {
  const commit = await commitOf(folder, revision);
  if (commit === null) return null;
  const words = (await readCommits(folder, [commit]))(commit);
  const isBranch = (await commitOf(folder, `${BRANCH_PREFIX}${revision}`)) === commit;
  // What is no branch's has no name that a Layerfile could ask for.
  const named = isBranch
    ? { ref: `${BRANCH_PREFIX}${revision}`, branch: revision }
    : { ref: `refs/layer/${commit}`, branch: commit.slice(0, 12) };
  return { ...named, ...words, commit };
}

async function commitOf(folder: string, revision: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  try {
    return (await runGit([`--git-dir=${folder}`, ...args], { folder })).trim();
  } catch (error) {
    if (error instanceof GitFailed) return null;
    throw error;
  }
}
