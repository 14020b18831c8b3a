import type { Visibility } from '../visibility.ts';
import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from '../workspace.ts';
import { childPath, parentPath } from '../workspace-path.ts';
import type { Blobs } from './blobs.ts';
import type { CommitFiles } from './commit-files.ts';
import type { CommittedFile } from './tree.ts';

/** Longer than any symlink of Linux can be (PATH_MAX). */
const MAX_LINK_BYTES = 4095;

/**
 * The files of a commit as a checkout on Linux would have them, but for what a checkout changes: end-of-line attributes and
 * filters (LFS) do nothing, submodules are absent.
 */
export class GitWorkspace implements Workspace {
  readonly #files: CommitFiles;
  readonly #blobs: Blobs;
  readonly #visibility: Visibility;
  readonly #visibleFolders = new Set<WorkspacePath>();

  constructor(files: CommitFiles, blobs: Blobs, visibility: Visibility) {
    this.#files = files;
    this.#blobs = blobs;
    this.#visibility = visibility;
  }

  entry(path: WorkspacePath): WorkspaceEntry | null {
    const file = this.#look(path);
    if (file === null) return null;
    const { type, executable, id } = file;
    if (type === 'folder') return { type, executable, sizeBytes: 0 };
    const blobs = this.#blobs;
    return {
      type,
      executable,
      // A tree does not say it, and most who ask for an entry want its type only.
      get sizeBytes() {
        return blobs.sizeBytes(id);
      },
    };
  }

  list(path: WorkspacePath): readonly ListedEntry[] | null {
    if (this.#look(path)?.type !== 'folder') return null;
    const listed: ListedEntry[] = [];
    for (const [name, entry] of this.#files.folder(path) ?? []) {
      const child = childPath(path, name);
      if (!this.#visibility.isVisible(child, entry.type === 'folder')) continue;
      const file = this.#files.present(child, entry);
      if (file !== null) listed.push({ name, type: file.type });
    }
    return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  readLink(path: WorkspacePath): string | null {
    const file = this.#look(path);
    if (file?.type !== 'symlink') return null;
    return this.#blobs.read(file.id, 0, MAX_LINK_BYTES).toString('latin1');
  }

  read(path: WorkspacePath, offset: number, length: number): Buffer | null {
    const file = this.#look(path);
    return file?.type === 'file' ? this.#blobs.read(file.id, offset, length) : null;
  }

  digest(path: WorkspacePath): string | null {
    const file = this.#look(path);
    return file?.type === 'file' ? this.#blobs.digest(file.id) : null;
  }

  /** A commit never changes. */
  identity(path: WorkspacePath): string {
    const file = this.#look(path);
    return file === null ? '' : `${file.type}${file.executable ? '+x' : ''} ${file.id}`;
  }

  #look(path: WorkspacePath): CommittedFile | null {
    const parent = parentPath(path);
    if (parent !== null && !this.#isFolder(parent)) return null;
    const file = this.#files.at(path);
    if (file === null || parent === null) return file;
    return this.#visibility.isVisible(path, file.type === 'folder') ? file : null;
  }

  /** What lies in a folder that is not visible is absent. */
  #isFolder(path: WorkspacePath): boolean {
    if (this.#visibleFolders.has(path)) return true;
    if (this.#look(path)?.type !== 'folder') return false;
    this.#visibleFolders.add(path);
    return true;
  }
}
