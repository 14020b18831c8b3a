import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { writeFileDurably } from '../../util/durable-file.ts';
import { isAlive } from '../../util/is-alive.ts';
import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { requireSecretValue } from './secret-value.ts';

export interface StoredSecret {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly setAtMs: number;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `home`: the `LAYER_HOME` folder. Nothing is made in it before a secret is set. */
export function openSecretStore(home: string): SecretStore {
  return new SecretStore(home);
}

/** Values for SECRET ENV, kept in `LAYER_HOME/secrets/`: one file a secret, the value and nothing else, for the owner's eyes. */
export class SecretStore {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, 'secrets');
  }

  /** Throws `USAGE` for what cannot be the name or the value of a variable. */
  set(name: string, value: Buffer): void {
    const file = this.#fileOf(name);
    requireSecretValue(name, value);
    makePrivateFolder(this.#folder);
    try {
      writeFileDurably(file, value);
    } catch (cause) {
      throw new LayerError('CACHE_UNUSABLE', `Cannot write ${file}`, { cause });
    }
    this.#removeLeftovers(name);
  }

  value(name: string): string | undefined {
    const file = this.#fileOf(name);
    try {
      return readFileSync(file, 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw new LayerError('CACHE_UNUSABLE', `Cannot read ${file}`, { cause });
    }
  }

  /** By name. */
  list(): readonly StoredSecret[] {
    return this.#files()
      .filter((name) => NAME.test(name))
      .sort()
      .map((name) => ({ name, setAtMs: statSync(join(this.#folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  }

  /** False where there is no such secret. */
  remove(name: string): boolean {
    const file = this.#fileOf(name);
    this.#removeLeftovers(name);
    const existed = this.#files().includes(name);
    rmSync(file, { force: true });
    return existed;
  }

  #fileOf(name: string): string {
    if (NAME.test(name)) return join(this.#folder, name);
    throw new LayerError('USAGE', `\`${name}\` cannot be the name of a secret`, {
      hint: 'Names are letters, digits and `_`, and do not begin with a digit.',
    });
  }

  /** What a process that was killed while it set `name` has left: the value under a temporary name. */
  #removeLeftovers(name: string): void {
    for (const file of this.#files()) {
      const pid = /^\.(\d+)\.tmp$/.exec(file.slice(name.length))?.[1];
      if (file.startsWith(name) && pid !== undefined && !isAlive(Number(pid)))
        rmSync(join(this.#folder, file), { force: true });
    }
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw new LayerError('CACHE_UNUSABLE', `Cannot read ${this.#folder}`, { cause });
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
