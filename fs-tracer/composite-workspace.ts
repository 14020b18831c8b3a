import { childPath, parentPath, ROOT_PATH } from './workspace-path.ts';
import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';

/** A place in a workspace: which one, and the path in there. */
interface Place {
  readonly workspace: Workspace;
  readonly path: WorkspacePath;
}

/**
 * `main` with other workspaces mounted in it, so that whatever looks at a workspace can look at several. A mount point has
 * two components, `RESERVED/NAME`. `RESERVED` itself is absent: no listing shows it and no look-up finds it, so nothing that
 * walks down from the root of `main` gets into a mount. (A guest that could ask for a mount by its name would depend on
 * what is mounted, which no observation says.) A file of `main` with a reserved name is hidden.
 */
export function composeWorkspaces(main: Workspace, mounts: ReadonlyMap<WorkspacePath, Workspace>): Workspace {
  return mounts.size === 0 ? main : new CompositeWorkspace(main, mounts);
}

class CompositeWorkspace implements Workspace {
  readonly #main: Workspace;
  readonly #mounts: ReadonlyMap<WorkspacePath, Workspace>;
  readonly #reserved: ReadonlySet<string>;

  constructor(main: Workspace, mounts: ReadonlyMap<WorkspacePath, Workspace>) {
    this.#main = main;
    this.#mounts = mounts;
    this.#reserved = new Set([...mounts.keys()].map(reservedName));
  }

  entry(path: WorkspacePath): WorkspaceEntry | null {
    return this.#at(path, null, (place) => place.workspace.entry(place.path));
  }

  list(path: WorkspacePath): readonly ListedEntry[] | null {
    const listed = this.#at(path, null, (place) => place.workspace.list(place.path));
    return path === ROOT_PATH ? (listed?.filter(({ name }) => !this.#reserved.has(name)) ?? null) : listed;
  }

  readLink(path: WorkspacePath): string | null {
    return this.#at(path, null, (place) => place.workspace.readLink(place.path));
  }

  read(path: WorkspacePath, offset: number, length: number, found?: WorkspaceEntry, room?: Buffer): Buffer | null {
    return this.#at(path, null, (place) => place.workspace.read(place.path, offset, length, found, room));
  }

  hold(path: WorkspacePath, found: WorkspaceEntry): void {
    this.#at(path, undefined, (place) => place.workspace.hold?.(place.path, found));
  }

  digest(path: WorkspacePath, found?: WorkspaceEntry): string | null {
    return this.#at(path, null, (place) => place.workspace.digest(place.path, found));
  }

  digestLater(path: WorkspacePath, found: WorkspaceEntry): (() => string | null) | null {
    return this.#at(path, null, (place) => place.workspace.digestLater?.(place.path, found) ?? null);
  }

  identity(path: WorkspacePath, found?: WorkspaceEntry): string {
    return this.#at(path, '', (place) => place.workspace.identity(place.path, found));
  }

  isUnsettled(path: WorkspacePath, found?: WorkspaceEntry): boolean {
    return this.#at(path, false, (place) => place.workspace.isUnsettled?.(place.path, found) ?? false);
  }

  #at<Result>(path: WorkspacePath, absent: Result, look: (place: Place) => Result): Result {
    const [first = '', second, ...rest] = path.split('/');
    if (!this.#reserved.has(first)) return look({ workspace: this.#main, path });
    const workspace = second === undefined ? undefined : this.#mounts.get(childPath(first as WorkspacePath, second));
    return workspace === undefined ? absent : look({ workspace, path: rest.join('/') as WorkspacePath });
  }
}

function reservedName(mount: WorkspacePath): string {
  const parent = parentPath(mount);
  if (parent === null || parent === ROOT_PATH || parent.includes('/'))
    throw new Error(`Internal error: ${mount} cannot be a mount point`);
  return parent;
}
