import { Credit } from './ahead-credit.ts';
import type { MountPath } from './node-table.ts';
import type { ListedEntry } from './workspace.ts';

const KEPT_FOLDERS = 64;
/** Names are sent once so many of a folder were looked up in its order, or while what was sent before gets used. */
const NAMES_IN_ORDER = 2;
const NAMES_AHEAD = 48;
const FIRST_CREDIT = 16;
const MOST_CREDIT = 2 * NAMES_AHEAD;

interface FolderByName {
  lastName: string;
  inOrder: number;
  /** Null until it is wanted, and for a folder whose names cannot be told. */
  entries: readonly ListedEntry[] | null;
  /** Names up to here, and this one, were sent. */
  sentTo: string;
}

/** Which names a program will look up next that goes through a list of files (an index, an archive), not through the tree. */
export class NamesInOrder {
  readonly credit = new Credit(0, MOST_CREDIT);
  readonly #folders = new Map<MountPath, FolderByName>();

  /** The guest looked `name` up by asking for it: what should go ahead now. `list` tells the folder's entries, by name. */
  asked(path: MountPath, name: string, list: () => readonly ListedEntry[] | null): readonly ListedEntry[] {
    const folder = this.#folderAt(path);
    folder.inOrder = name > folder.lastName ? folder.inOrder + 1 : 0;
    folder.lastName = name;
    if (folder.inOrder <= NAMES_IN_ORDER && !this.credit.any) return [];
    folder.entries ??= list() ?? [];
    this.credit.grant(FIRST_CREDIT);
    const from = name > folder.sentTo ? name : folder.sentTo;
    const start = firstAfter(folder.entries, from);
    const next = folder.entries.slice(start, start + NAMES_AHEAD);
    folder.sentTo = next.at(-1)?.name ?? from;
    return next;
  }

  #folderAt(path: MountPath): FolderByName {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const fresh: FolderByName = { lastName: '', inOrder: 0, entries: null, sentTo: '' };
    this.#folders.set(path, fresh);
    const oldest = this.#folders.keys().next();
    if (this.#folders.size > KEPT_FOLDERS && oldest.done !== true) this.#folders.delete(oldest.value);
    return fresh;
  }
}

/** The position of the first name after `name`. */
function firstAfter(entries: readonly ListedEntry[], name: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.name ?? '') <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
