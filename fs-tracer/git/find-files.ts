import type { DigestMemo } from '../digest-memo.ts';
import { childPath } from '../workspace-path.ts';
import type { ObjectId } from './object-id.ts';
import type { CommittedFolder } from './commit-files.ts';
import { Damage } from './damage.ts';

/** Of a tree with fewer trees in it, finding files again takes less time than remembering. */
const SMALL_TREES = 32;
/** No path of Linux has more folders in it (PATH_MAX). */
const MAX_DEPTH = 2048;
/** More than anybody writes. */
const MAX_FILES = 10_000;

export interface Search {
  readonly name: string;
  /** Folders of these names are not searched. */
  readonly skipped: ReadonlySet<string>;
}

interface Found {
  /** Relative to the tree, sorted: its own first, then those of each folder. */
  readonly paths: readonly string[];
  /** How many trees were searched, remembered ones included. */
  readonly trees: number;
}

/**
 * Finds the files of one name in a tree. It takes 2 s to read all trees of a repository with 600,000 files, and a push
 * changes few of them: so what was found in the bigger ones is remembered by their id.
 */
export class FileFinder {
  readonly #readTree: (id: ObjectId) => CommittedFolder;
  readonly #memo: DigestMemo;
  readonly #search: Search;
  readonly #key: string;
  readonly #found = new Map<ObjectId, Found>();

  constructor(readTree: (id: ObjectId) => CommittedFolder, memo: DigestMemo, search: Search) {
    this.#readTree = readTree;
    this.#memo = memo;
    this.#search = search;
    this.#key = `git-find:${JSON.stringify([search.name, ...search.skipped])}`;
  }

  /** Sorted by path, those in a folder after those beside it. Throws {@link Damage} for a tree that no checkout could have. */
  below(tree: ObjectId): readonly string[] {
    return this.#find(tree, 0).paths;
  }

  #find(tree: ObjectId, depth: number): Found {
    const known = this.#recall(tree);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw new Damage('its folders are nested too deep');
    const folders: [string, Found][] = [];
    const own: string[] = [];
    for (const [name, entry] of this.#readTree(tree)) {
      if (entry.type === 'file' && name === this.#search.name) own.push(name);
      if (entry.type === 'folder' && !this.#search.skipped.has(name))
        folders.push([name, this.#find(entry.id, depth + 1)]);
    }
    folders.sort(([a], [b]) => (a < b ? -1 : 1));
    const below = folders.flatMap(([folder, { paths }]) => paths.map((path) => childPath(folder, path)));
    const found = { paths: [...own, ...below], trees: folders.reduce((sum, [, { trees }]) => sum + trees, 1) };
    if (found.paths.length > MAX_FILES)
      throw new Damage(`it holds more than ${MAX_FILES} files called ${this.#search.name}`);
    if (found.trees >= SMALL_TREES) this.#remember(tree, found);
    return found;
  }

  #recall(tree: ObjectId): Found | undefined {
    const found = this.#found.get(tree);
    if (found !== undefined) return found;
    const known = this.#memo.get(`${this.#key}:${tree}`);
    return known === undefined ? undefined : (JSON.parse(known) as Found);
  }

  /** Here as well: where the memo forgets, a few trees that hold each other many times over would be searched for ever. */
  #remember(tree: ObjectId, found: Found): void {
    this.#found.set(tree, found);
    this.#memo.set(`${this.#key}:${tree}`, JSON.stringify(found));
  }
}
