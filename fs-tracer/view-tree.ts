import type { MountPath } from './node-table.ts';
import type { ObservationKind } from './observation.ts';
import { childSources, leadsOn, mappedAt, mappedNames, type View, type ViewSource } from './view.ts';
import { baseName, childPath, parentPath } from './workspace-path.ts';
import type { EntryType, ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';

/** What stands at a path of the mounted file system. */
export interface ResolvedEntry extends WorkspaceEntry {
  /** Where it comes from, strongest first: none for a virtual folder, several for folders that merge, else one. */
  readonly sources: readonly ViewSource[];
  /** What the workspace told of the one source of what is no folder. */
  readonly found: WorkspaceEntry | null;
}

export type Observer = (
  path: WorkspacePath,
  kind: ObservationKind,
  found?: WorkspaceEntry | null,
  listed?: readonly ListedEntry[] | null,
) => void;

/**
 * The tree that the guest sees: the root holds one folder a view, named by its index; below it, view.ts says which
 * workspace paths may show where, and this class asks the workspace which do. Methods that answer the guest tell
 * `observe` of every workspace path consulted, winners and losers; virtual folders are not observations.
 */
export class ViewTree {
  readonly #workspace: Workspace;
  readonly #observe: Observer;
  readonly #views: View[];
  /** Sources of folders resolved before; a run sees one workspace, so they stay right until {@link forget}. */
  readonly #folders = new Map<MountPath, readonly ViewSource[]>();

  constructor(workspace: Workspace, views: readonly View[], observe: Observer) {
    this.#workspace = workspace;
    this.#views = [...views];
    this.#observe = observe;
  }

  get views(): readonly View[] {
    return this.#views;
  }

  addView(view: View): number {
    return this.#views.push(view) - 1;
  }

  /** Forgets what was resolved, because the workspace is not what it was. */
  forget(): void {
    this.#folders.clear();
  }

  /** What stands at `name` in the folder `path`, observed; null where nothing does or `path` is no folder. */
  lookUp(path: MountPath, name: string): ResolvedEntry | null {
    return this.#child(path, name, this.#observe);
  }

  /** What stands at `path`, without observing anything: for what the guest was told before. */
  resolve(path: MountPath): ResolvedEntry | null {
    const parent = parentPath(path);
    return parent === null ? folder([]) : this.#child(parent, baseName(path), null);
  }

  /** The entries of the folder `path`, sorted by name and observed; null where it is no folder. */
  list(path: MountPath): readonly ListedEntry[] | null {
    if (path === '') return this.#views.map((_, index) => ({ name: String(index), type: 'folder' }));
    const place = this.#place(path);
    const sources = this.#folderSources(path);
    if (place === null || sources === null) return null;
    const types = new Map<string, EntryType>();
    for (const source of sources) this.#addListing(source.path, types);
    for (const name of mappedNames(place.view, place.inner)) {
      const child = this.lookUp(path, name);
      if (child !== null) types.set(name, child.type);
    }
    return [...types].map(([name, type]) => ({ name, type })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * What {@link list} would tell of `path`, without observing it: for a folder that one folder of the workspace makes up. Null
   * for any other.
   */
  listQuietly(path: MountPath): { readonly source: WorkspacePath; readonly entries: readonly ListedEntry[] } | null {
    const place = this.#place(path);
    const [source, ...others] = this.#folderSources(path) ?? [];
    if (place === null || source === undefined || others.length > 0) return null;
    if (mappedNames(place.view, place.inner).size > 0) return null;
    const entries = this.#workspace.list(source.path);
    return entries === null ? null : { source: source.path, entries };
  }

  /** The names in the folder `path`, not observed: what they are told for was observed before. */
  names(path: MountPath): readonly string[] {
    const place = this.#place(path);
    const listed = (this.#folderSources(path) ?? []).flatMap((source) => this.#workspace.list(source.path) ?? []);
    const mapped = place === null ? [] : mappedNames(place.view, place.inner);
    return [...new Set([...listed.map(({ name }) => name), ...mapped])];
  }

  #addListing(source: WorkspacePath, types: Map<string, EntryType>): void {
    const found = this.#workspace.entry(source);
    const listed = this.#workspace.list(source);
    this.#observe(source, 'listing', found, listed);
    for (const { name, type } of listed ?? []) {
      if (!types.has(name)) types.set(name, type);
    }
  }

  #child(path: MountPath, name: string, observe: Observer | null): ResolvedEntry | null {
    if (path === '') return this.#viewRoot(name, observe);
    const place = this.#place(path);
    const parents = this.#folderSources(path);
    if (place === null || parents === null) return null;
    const virtual = leadsOn(place.view, childPath(place.inner, name));
    const candidates = childSources(place.view, place.inner, parents, name);
    return this.#pick(candidates, virtual, observe);
  }

  #viewRoot(name: string, observe: Observer | null): ResolvedEntry | null {
    const view = /^(0|[1-9]\d{0,6})$/.test(name) ? this.#views[Number(name)] : undefined;
    if (view === undefined) return null;
    const folders = mappedAt(view, '').filter(({ path }) => this.#entry(path, observe)?.type === 'folder');
    return folder(folders);
  }

  /** The strongest candidate that exists; a folder merges with the folders right behind it. */
  #pick(candidates: readonly ViewSource[], virtual: boolean, observe: Observer | null): ResolvedEntry | null {
    const folders: ViewSource[] = [];
    for (const source of candidates) {
      const entry = this.#entry(source.path, observe);
      if (entry === null) continue;
      if (entry.type === 'folder') folders.push(source);
      else if (virtual || folders.length > 0) break;
      else
        return {
          type: entry.type,
          executable: entry.executable,
          sizeBytes: entry.sizeBytes,
          sources: [source],
          found: entry,
        };
    }
    return folders.length > 0 || virtual ? folder(folders) : null;
  }

  #entry(path: WorkspacePath, observe: Observer | null): WorkspaceEntry | null {
    const entry = this.#workspace.entry(path);
    observe?.(path, entry === null ? 'absent' : 'exists', entry);
    return entry;
  }

  #folderSources(path: MountPath): readonly ViewSource[] | null {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const resolved = this.resolve(path);
    if (resolved?.type !== 'folder') return null;
    this.#folders.set(path, resolved.sources);
    return resolved.sources;
  }

  #place(path: MountPath): { readonly view: View; readonly inner: string } | null {
    const slash = path.indexOf('/');
    const view = this.#views[Number(slash === -1 ? path : path.slice(0, slash))];
    if (view === undefined) return null;
    return { view, inner: slash === -1 ? '' : path.slice(slash + 1) };
  }
}

function folder(sources: readonly ViewSource[]): ResolvedEntry {
  return { type: 'folder', executable: false, sizeBytes: 0, sources, found: null };
}
