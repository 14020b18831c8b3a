import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { LayerError } from '../../../util/layer-error.ts';
import type { PushJobs } from '../push-jobs.ts';
import { readBranches } from '../read-refs.ts';
import type { Repositories } from '../repositories.ts';
import { complaintOf, GitFailed, runGit } from '../run-git.ts';
import { hookPlace, writeHook } from './hook-file.ts';

export interface InstalledHook {
  readonly name: string;
  readonly folder: string;
  /** The hook's file. */
  readonly hook: string;
  /** How many branches there are: what they are now becomes no job. */
  readonly branches: number;
}

export interface InstallOptions {
  readonly repositories: Repositories;
  readonly jobs: Pick<PushJobs, 'knownRefs' | 'rememberRef'>;
  /** The server's. */
  readonly dataFolder: string;
  /** As which it is served; by default the folder's name. */
  readonly name?: string;
}

/**
 * Has the server told of pushes to an existing bare repository, and registers it. What its branches are now becomes no job. May be done again, and while
 * the server runs. Throws `USAGE` for what is no bare repository, or has its hooks where others have theirs.
 */
export async function installHook(path: string, options: InstallOptions): Promise<InstalledHook> {
  const folder = await bareFolder(path);
  const name = options.name ?? nameOf(folder);
  const hooks = await hooksFolder(folder);
  const branches = await readBranches(folder);
  const repository = options.repositories.register(name, folder);
  const known = options.jobs.knownRefs(repository.name);
  if (known.size === 0) for (const [ref, commit] of branches) options.jobs.rememberRef(repository.name, ref, commit);
  writeHook(hooks, hookPlace(options.dataFolder));
  return { name: repository.name, folder, hook: join(hooks, 'post-receive'), branches: branches.size };
}

async function bareFolder(path: string): Promise<string> {
  const folder = realFolder(path);
  try {
    const said = await runGit(['rev-parse', '--is-bare-repository', '--absolute-git-dir'], { folder });
    const [isBare, gitFolder = ''] = said.split('\n');
    if (isBare === 'true' && gitFolder !== '') return realpathSync(gitFolder);
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    throw new LayerError('USAGE', `${path} is no git repository: ${complaintOf(error.message)}`);
  }
  throw new LayerError('USAGE', `${path} is a repository with a working tree, and nobody pushes to those`, {
    hint: 'Give a bare one: git clone --bare makes one.',
  });
}

function realFolder(path: string): string {
  try {
    const folder = realpathSync(resolve(path));
    accessSync(folder, constants.R_OK | constants.X_OK);
    if (statSync(folder).isDirectory()) return folder;
  } catch (cause) {
    throw new LayerError('USAGE', `Cannot use ${path}`, { cause, hint: 'Give the folder of a bare repository.' });
  }
  throw new LayerError('USAGE', `${path} is no folder`, { hint: 'Give the folder of a bare repository.' });
}

/** Where git looks for the repository's hooks. core.hooksPath of the repository itself may say that it is elsewhere. */
async function hooksFolder(folder: string): Promise<string> {
  const said = await runGit([`--git-dir=${folder}`, 'rev-parse', '--git-path', 'hooks'], { folder });
  const hooks = resolve(folder, said.replace(/\n$/, ''));
  if (dirname(hooks) === folder) return hooks;
  throw new LayerError(
    'USAGE',
    `The hooks of ${folder} are in ${hooks} (core.hooksPath), where others may have theirs`,
    {
      hint: 'Take core.hooksPath out of its settings for this: git config --unset core.hooksPath.',
    },
  );
}

/** A name as near to the folder's as the rule for names lets it be. */
function nameOf(folder: string): string {
  const own = basename(folder) === '.git' ? basename(dirname(folder)) : basename(folder);
  return own
    .replace(/\.git$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replaceAll('..', '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64);
}
