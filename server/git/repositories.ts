import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { namesIn } from '../../util/names-in.ts';
import type { ServerDatabase } from '../database.ts';
import { DEFAULT_MAX_PACK_BYTES, type GitSettings, guardingSettings } from './git-settings.ts';
import { isBare, makeBare } from './make-bare.ts';
import { isRepositoryName, REPOSITORY_NAME_RULE } from './repository-name.ts';
import {
  DEFAULT_SETTINGS,
  patchSettings,
  readSettings,
  type RepositoryPatch,
  type RepositorySettings,
} from './repository-settings.ts';

export interface Repository {
  readonly name: string;
  /** A bare repository; absolute, without links. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
  readonly settings: RepositorySettings;
}

export interface RepositoriesPlace {
  /** Where those are that are made here: `NAME.git`. */
  readonly folder: string;
  /** Holds the hooks of those that are made here. */
  readonly hooksFolder: string;
  /** {@link DEFAULT_MAX_PACK_BYTES} by default. */
  readonly maxPackBytes?: number;
}

interface Row {
  readonly name: string;
  readonly folder: string;
  readonly created_at_ms: number;
  readonly settings: string;
}

/**
 * The repositories of this server: those that it made, below one folder, and existing ones elsewhere that were registered. The
 * table is looked at anew each time, because `layer serve hook install` writes there while the server runs.
 */
export class Repositories {
  readonly #database: ServerDatabase;
  readonly #place: RepositoriesPlace;

  /** `database` has {@link REPOSITORY_TABLES}. */
  constructor(database: ServerDatabase, place: RepositoriesPlace) {
    this.#database = database;
    this.#place = { ...place, folder: realpathSync(makePrivateFolder(place.folder)) };
    this.#adopt();
  }

  get maxPackBytes(): number {
    return this.#place.maxPackBytes ?? DEFAULT_MAX_PACK_BYTES;
  }

  /** Null where there is none of that name, whatever the name. */
  open(name: string): Repository | null {
    if (!isRepositoryName(name)) return null;
    return this.#read('SELECT * FROM repository WHERE name = ?', name);
  }

  atFolder(folder: string): Repository | null {
    const path = existsSync(folder) ? realpathSync(folder) : folder;
    return this.#read('SELECT * FROM repository WHERE folder = ?', path);
  }

  list(): readonly Repository[] {
    const rows = this.#database.database.prepare('SELECT * FROM repository ORDER BY name').all();
    return rows.map((row) => repositoryOf(row as unknown as Row));
  }

  /** Makes an empty one; one of that name that is there is returned as it is. Throws `USAGE` for what is no name. */
  async create(name: string): Promise<Repository> {
    requireName(name);
    const known = this.open(name);
    if (known !== null) return known;
    const folder = join(this.#place.folder, `${name}.git`);
    await makeBare(folder, this.#ownSettings(folder));
    return this.#insert(name, folder);
  }

  /** Has an existing bare repository served as `name`. Throws `USAGE` where another one is served so. */
  register(name: string, folder: string): Repository {
    requireName(name);
    const path = realpathSync(folder);
    const same = this.open(name);
    if (same !== null && same.folder !== path)
      throw new LayerError('USAGE', `There is another repository called \`${name}\`: ${same.folder}`, {
        hint: 'Give it another name: --name NAME.',
      });
    return this.atFolder(path) ?? this.#insert(name, path);
  }

  /** Its settings with what `patch` says. Throws `USAGE` where they cannot be so, or there is no such repository. */
  change(name: string, patch: RepositoryPatch): Repository {
    const repository = this.open(name);
    if (repository === null) throw new LayerError('USAGE', 'There is no such repository');
    const patched = patchSettings(repository.settings, patch);
    if ('problem' in patched) throw new LayerError('USAGE', `The settings of \`${name}\`: ${patched.problem}`);
    const json = JSON.stringify(patched.settings);
    this.#write('UPDATE repository SET settings = ? WHERE name = ?', json, name);
    return { ...repository, settings: patched.settings };
  }

  /** Whether it was made here: others are somebody else's to look after. */
  isOwn({ folder }: Pick<Repository, 'folder'>): boolean {
    return folder.startsWith(`${this.#place.folder}/`);
  }

  /** What holds for every git that works on it. */
  gitSettings(repository: Pick<Repository, 'folder'>): GitSettings {
    const guarding = guardingSettings(repository.folder, this.maxPackBytes);
    return this.isOwn(repository) ? { ...guarding, 'core.hooksPath': this.#place.hooksFolder } : guarding;
  }

  #ownSettings(folder: string): GitSettings {
    const guarding = Object.entries(guardingSettings(folder, this.maxPackBytes));
    return {
      // Not taken from a repository's own settings by git, for good reason.
      ...Object.fromEntries(guarding.filter(([key]) => key !== 'safe.directory')),
      'core.hooksPath': this.#place.hooksFolder,
      'receive.denyNonFastForwards': 'false',
      'receive.denyDeletes': 'false',
    };
  }

  /** What a kill left between making a repository and noting it; and all of them, where the data folder was moved. */
  #adopt(): void {
    for (const entry of namesIn(this.#place.folder)) {
      const name = /^(.+)\.git$/.exec(entry)?.[1] ?? '';
      const folder = join(this.#place.folder, entry);
      if (!isRepositoryName(name) || !isBare(folder)) continue;
      const known = this.open(name);
      if (known === null) this.#insert(name, folder);
      else if (!existsSync(known.folder)) this.#write('UPDATE repository SET folder = ? WHERE name = ?', folder, name);
    }
  }

  #insert(name: string, folder: string): Repository {
    const values = [name, folder, Date.now(), JSON.stringify(DEFAULT_SETTINGS)] as const;
    this.#write('INSERT OR IGNORE INTO repository VALUES (?, ?, ?, ?)', ...values);
    const made = this.open(name);
    if (made === null) throw new Error(`Internal error: the repository ${name} was noted and is not there`);
    return made;
  }

  #write(statement: string, ...values: readonly (string | number)[]): void {
    this.#database.writeDurably(() => this.#database.database.prepare(statement).run(...values));
  }

  #read(query: string, value: string): Repository | null {
    const row = this.#database.database.prepare(query).get(value) as unknown as Row | undefined;
    return row === undefined ? null : repositoryOf(row);
  }
}

function requireName(name: string): void {
  if (isRepositoryName(name)) return;
  throw new LayerError('USAGE', 'That is no name for a repository', {
    hint: `Choose another: ${REPOSITORY_NAME_RULE}.`,
  });
}

function repositoryOf(row: Row): Repository {
  const { name, folder, created_at_ms: createdAtMs } = row;
  return { name, folder, createdAtMs, settings: readSettings(row.settings) };
}
