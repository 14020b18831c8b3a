import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { gitComplaint } from '../../util/ask-git.ts';
import { LayerError } from '../../util/layer-error.ts';
import { catHeader, catObject } from './cat-file.ts';
import { Damage, EndlessDamage } from './damage.ts';
import { readLooseHeader, readLooseObject } from './loose-object.ts';
import { objectFolders } from './object-folders.ts';
import { type GitObject, hashOf, type ObjectId, type ObjectType, TOO_BIG } from './object-id.ts';
import { PackList, type PackedPlace } from './pack-list.ts';
import { requireEnd, Unpacker } from './unpack.ts';

/** Where one object is, each way to read it. */
interface Ways<Result> {
  readonly packed: (place: PackedPlace) => Result;
  /** Null where it is not in this object folder. */
  readonly loose: (folder: string) => Result | null;
  readonly git: () => Result;
}

/**
 * The objects of a repository, read synchronously without starting git. What is not found is looked for once more among
 * packs that came since (`git gc`, a fetch); what is not found then, is broken or not understood, is asked of git. Every object that is
 * read is hashed and compared with its id: that takes a tenth of the time of reading it, and a byte that was read wrong
 * would otherwise be in digests for good. Throws `WORKSPACE_UNREADABLE` where git fails as well.
 */
export class ObjectDatabase implements Disposable {
  readonly repository: string;
  readonly #folders: readonly string[];
  readonly #packs: PackList;
  readonly #unpacker = new Unpacker();

  /** `repository`: a folder that git, started in it, finds the repository from. `commonPath`: what holds `objects/`. */
  constructor(repository: string, commonPath: string, idBytes: number) {
    this.repository = repository;
    this.#folders = objectFolders(join(commonPath, 'objects'));
    this.#packs = new PackList(this.#folders, idBytes);
  }

  read(id: ObjectId, type: ObjectType): Buffer {
    return this.readUpTo(id, type, Infinity) ?? Buffer.alloc(0);
  }

  /** Null where the object has more than `limitBytes`. */
  readUpTo(id: ObjectId, type: ObjectType, limitBytes: number): Buffer | null {
    const found = this.#find<GitObject | typeof TOO_BIG>(id, {
      packed: (place) => checked(id, this.#unpacker.unpack(place, limitBytes)),
      loose: (folder) => checked(id, readLooseObject(folder, id, limitBytes)),
      git: () =>
        catHeader(this.repository, id).sizeBytes > limitBytes ? TOO_BIG : checked(id, catObject(this.repository, id)),
    });
    if (found === TOO_BIG) return null;
    if (found.type !== type) throw this.unreadable(id, `it is a ${found.type} and should be a ${type}`);
    return found.bytes;
  }

  /** The size of an object in bytes, as its head says. */
  sizeBytes(id: ObjectId): number {
    return this.#find<number>(id, {
      packed: ({ pack, offset }) => pack.objectBytes(pack.entry(offset)),
      loose: (folder) => readLooseHeader(folder, id)?.sizeBytes ?? null,
      git: () => catHeader(this.repository, id).sizeBytes,
    });
  }

  unreadable(id: ObjectId, why: string, cause?: unknown): LayerError {
    return new LayerError('WORKSPACE_UNREADABLE', `Object ${id} of ${this.repository} cannot be read: ${why}`, {
      cause,
      hint: `\`git -C ${this.repository} fsck\` says what else is wrong; a new clone mends it.`,
    });
  }

  #find<Result>(id: ObjectId, ways: Ways<Result>): Result {
    let damage: unknown = null;
    try {
      const found = this.#look(id, ways);
      if (found !== null) return found;
      this.#packs.refresh();
      const since = this.#look(id, ways);
      if (since !== null) return since;
    } catch (error) {
      if (error instanceof EndlessDamage) throw this.unreadable(id, error.message, error);
      if (!isOutside(error)) throw error;
      damage = error;
    }
    try {
      return ways.git();
    } catch (error) {
      if (!isOutside(error)) throw error;
      const why = damage ?? error;
      throw this.unreadable(id, why instanceof Damage ? why.message : gitComplaint(why), error);
    }
  }

  #look<Result>(id: ObjectId, ways: Ways<Result>): Result | null {
    const place = this.#packs.find(Buffer.from(id, 'hex'));
    if (place !== null) return fromPack(place, ways);
    for (const folder of this.#folders) {
      const found = ways.loose(folder);
      if (found !== null) return found;
    }
    return null;
  }

  [Symbol.dispose](): void {
    this.#packs[Symbol.dispose]();
  }
}

function fromPack<Result>(place: PackedPlace, { packed }: Ways<Result>): Result {
  try {
    return packed(place);
  } catch (error) {
    // Git will be asked next, and must not be asked for this.
    if (error instanceof Damage) requireEnd(place);
    throw error;
  }
}

function checked<Found extends GitObject | typeof TOO_BIG | null>(id: ObjectId, object: Found): Found {
  if (object === null || object === TOO_BIG) return object;
  const hash = createHash(hashOf(id)).update(`${object.type} ${object.bytes.length}\0`).update(object.bytes);
  if (hash.digest('hex') !== id) throw new Damage('its content is not what its id says');
  return object;
}

/** Not a bug of ours: broken data, a system call or a git that failed. */
function isOutside(error: unknown): boolean {
  const { syscall, status, signal } = error as { syscall?: unknown; status?: unknown; signal?: unknown };
  return error instanceof Damage || syscall !== undefined || status !== undefined || signal !== undefined;
}
