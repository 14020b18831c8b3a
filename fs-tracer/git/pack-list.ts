import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { Damage } from './damage.ts';
import { Pack } from './pack.ts';
import { makePageCache } from './paged-file.ts';

/** An entry of a pack. */
export interface PackedPlace {
  readonly pack: Pack;
  readonly offset: number;
}

/**
 * The packs of some object folders. One that was found stays open while git may remove it: what is in it is what it was.
 * One that cannot be read is left to git.
 */
export class PackList implements Disposable {
  readonly #folders: readonly string[];
  readonly #idBytes: number;
  readonly #pages = makePageCache();
  readonly #known = new Set<string>();
  /** The one that was useful last comes first: neighbours in a tree tend to be in one pack. */
  readonly #packs: Pack[] = [];

  constructor(objectFolders: readonly string[], idBytes: number) {
    this.#folders = objectFolders.map((folder) => join(folder, 'pack'));
    this.#idBytes = idBytes;
    this.refresh();
  }

  find(id: Buffer): PackedPlace | null {
    for (const [index, pack] of this.#packs.entries()) {
      const offset = pack.find(id);
      if (offset === null) continue;
      if (index > 0) {
        this.#packs.splice(index, 1);
        this.#packs.unshift(pack);
      }
      return { pack, offset };
    }
    return null;
  }

  /** Opens packs that came since. */
  refresh(): void {
    const paths = this.#folders.flatMap(packsIn).filter((path) => !this.#known.has(path));
    // The newest first, as git has it.
    const dated = paths.map((path) => ({ path, timeMs: timeOf(`${path}.pack`) })).sort((a, b) => b.timeMs - a.timeMs);
    for (const { path } of dated) this.#open(path);
  }

  #open(path: string): void {
    try {
      this.#packs.push(new Pack(path, this.#idBytes, this.#pages));
      this.#known.add(path);
    } catch (error) {
      // It went away again, or is not readable to us.
      if (!(error instanceof Damage) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const pack of this.#packs.splice(0)) pack[Symbol.dispose]();
  }
}

function packsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder);
    return names.filter((name) => name.endsWith('.idx')).map((name) => join(folder, name.slice(0, -'.idx'.length)));
  } catch {
    return [];
  }
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
