import type { MountPath } from './node-table.ts';
import { baseName, parentPath } from './workspace-path.ts';

const KEPT_FOLDERS = 64;

/** A folder whose order is known: the one in which programs go through it. */
export interface FolderInOrder {
  readonly path: MountPath;
  /** What is in it but folders, sorted. */
  readonly names: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
  /** What was sent: everything before this position. */
  attributesTo: number;
  contentTo: number;
  lastRead: number;
  readInOrder: number;
}

/** Where a file is in its folder's order. */
export interface PlaceInOrder {
  readonly folder: FolderInOrder;
  readonly position: number;
}

/** The folders that the guest went through last. */
export class FoldersInOrder {
  readonly #folders = new Map<MountPath, FolderInOrder>();

  add(path: MountPath, names: readonly string[]): FolderInOrder {
    this.#folders.delete(path);
    const positions = new Map(names.map((name, index) => [name, index]));
    const folder = { path, names, positions, attributesTo: 0, contentTo: 0, lastRead: -1, readInOrder: 0 };
    this.#folders.set(path, folder);
    const oldest = this.#folders.keys().next();
    if (this.#folders.size > KEPT_FOLDERS && oldest.done !== true) this.#folders.delete(oldest.value);
    return folder;
  }

  has(path: MountPath): boolean {
    return this.#folders.has(path);
  }

  placeOf(path: MountPath): PlaceInOrder | null {
    const folder = this.#folders.get(parentPath(path) ?? '');
    const position = folder?.positions.get(baseName(path));
    return folder === undefined || position === undefined ? null : { folder, position };
  }
}
