import { resolve } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { Access, type KnownToken, type Role } from './access/index.ts';
import { isTokenName } from './api/token-name.ts';
import { installHook as install, type InstalledHook, openRepositories } from './git/index.ts';
import { JobStore } from './jobs/job-store.ts';
import { openServerDatabase } from './server-folder.ts';

/** What is done at the command line beside a server, which may be running: it sees what was written at once. */

/** Throws `USAGE` where there is a token of that name, or that is no name. */
export function createToken(data: string, name: string, role: Role): { readonly id: number; readonly token: string } {
  if (!isTokenName(name))
    throw new LayerError('USAGE', 'That is no name for a token', {
      hint: 'It may have 64 letters, digits, blanks and any of ._@-, and begins with a letter or digit.',
    });
  using database = openServerDatabase(resolve(data));
  const created = new Access(database).createToken(name, role);
  if (created !== null) return created;
  throw new LayerError('USAGE', `There is a token called \`${name}\``, {
    hint: '`layer serve token list` lists them.',
  });
}

export function listTokens(data: string): readonly KnownToken[] {
  using database = openServerDatabase(resolve(data));
  return new Access(database).tokens();
}

/** Throws `USAGE` where there is none of that number. */
export function revokeToken(data: string, id: number): void {
  using database = openServerDatabase(resolve(data));
  if (new Access(database).revoke(id)) return;
  throw new LayerError('USAGE', `There is no token ${id}`, { hint: '`layer serve token list` lists them.' });
}

/** Has pushes to an existing bare repository build. `name`: what it is called here; null: as its folder. */
export async function installHook(data: string, repository: string, name: string | null): Promise<InstalledHook> {
  const dataFolder = resolve(data);
  using database = openServerDatabase(dataFolder);
  return await install(repository, {
    repositories: openRepositories(database, dataFolder),
    jobs: new JobStore(database),
    dataFolder,
    ...(name === null ? {} : { name }),
  });
}
