import { Credit } from './ahead-credit.ts';
import type { MountPath } from './node-table.ts';

const FIRST_CREDIT = 8;
const MOST_CREDIT = 32;
/** Listings under way to the guest or waiting there. */
const LISTINGS_AHEAD = 8;
/** Folders that are still to come; a walk of more is no longer followed. */
const MOST_COMING = 200_000;

/** Which folder a program will list next if it goes through a tree as most do: depth first, by name. Looks at nothing itself. */
export class FolderWalk {
  readonly credit = new Credit(0, MOST_CREDIT);
  /** The next one is the last. */
  #coming: MountPath[] = [];
  readonly #sent = new Set<MountPath>();
  #asked: MountPath | null = null;

  /** The guest asked for a listing; `folders` are those in it, by name. True where it begins another walk. */
  asked(path: MountPath, folders: readonly MountPath[]): boolean {
    const isAgain = this.#asked === path;
    this.#asked = path;
    // Or it was sent, and lost on the way.
    if (isAgain || this.#sent.delete(path)) return false;
    const isNext = this.#coming.at(-1) === path;
    if (isNext) {
      this.#coming.pop();
      this.credit.grant(FIRST_CREDIT);
    } else {
      this.#coming = [];
      this.#sent.clear();
    }
    this.enters(folders);
    return !isNext;
  }

  /** The folder whose listing should go ahead now, if any: then {@link enters} is to be told what is in it. */
  next(): MountPath | null {
    if (!this.credit.any || this.#sent.size >= LISTINGS_AHEAD) return null;
    const path = this.#coming.pop();
    if (path === undefined) return null;
    this.credit.spend();
    this.#sent.add(path);
    return path;
  }

  enters(folders: readonly MountPath[]): void {
    if (this.#coming.length + folders.length > MOST_COMING) this.#coming = [];
    else for (const folder of folders.toReversed()) this.#coming.push(folder);
  }

  /** The guest used a listing that was sent. */
  used(path: MountPath): void {
    this.#sent.delete(path);
  }
}
