import type { WorkspacePath } from '../workspace.ts';
import { baseName, parentPath } from '../workspace-path.ts';
import { Damage } from './damage.ts';
import type { ObjectDatabase } from './object-database.ts';
import { type ObjectId, parseObjectId } from './object-id.ts';
import { type CommittedFile, parseTree, type TreeEntry } from './tree.ts';

/** By name. */
export type CommittedFolder = ReadonlyMap<string, TreeEntry>;

/** The files of one commit, found by path. A tree is read and parsed, once, when something in its folder is looked up. */
export class CommitFiles {
  readonly #database: ObjectDatabase;
  readonly #idBytes: number;
  readonly #root: CommittedFile;
  readonly #folders = new Map<WorkspacePath, CommittedFolder>();
  readonly #submodules = new Set<WorkspacePath>();

  constructor(database: ObjectDatabase, commit: ObjectId) {
    this.#database = database;
    this.#idBytes = commit.length / 2;
    this.#root = { type: 'folder', executable: false, id: treeOf(database, commit) };
  }

  /** The submodules that were looked up or listed so far. */
  get submodules(): readonly WorkspacePath[] {
    return [...this.#submodules].sort();
  }

  at(path: WorkspacePath): CommittedFile | null {
    const parent = parentPath(path);
    if (parent === null) return this.#root;
    return this.present(path, this.folder(parent)?.get(baseName(path)));
  }

  /** What a folder holds; null where `path` is no folder. */
  folder(path: WorkspacePath): CommittedFolder | null {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const file = this.at(path);
    if (file?.type !== 'folder') return null;
    const folder = this.tree(file.id);
    this.#folders.set(path, folder);
    return folder;
  }

  /** What a folder holds at `path`, where that is there; a submodule is not, and is noted. */
  present(path: WorkspacePath, entry: TreeEntry | undefined): CommittedFile | null {
    if (entry === undefined) return null;
    if (entry.type !== 'submodule') return entry;
    this.#submodules.add(path);
    return null;
  }

  /** What a tree holds, read anew. */
  tree(id: ObjectId): CommittedFolder {
    try {
      return parseTree(this.#database.read(id, 'tree'), this.#idBytes);
    } catch (error) {
      throw error instanceof Damage ? this.#database.unreadable(id, error.message) : error;
    }
  }
}

/** A commit (git's commit.c) begins with `tree ID\n`. */
function treeOf(database: ObjectDatabase, commit: ObjectId): ObjectId {
  const [, digits = ''] = /^tree ([0-9a-f]+)\n/.exec(database.read(commit, 'commit').toString('latin1', 0, 80)) ?? [];
  const tree = parseObjectId(digits);
  if (tree === null) throw database.unreadable(commit, 'it names no tree');
  return tree;
}
