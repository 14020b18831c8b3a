import { childPath, pathBelow } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/**
 * A view is the tree that one COPY shows in the guest. It is made from mappings: `source` (a file, symlink or folder of
 * the workspace) appears at `at`. Where mappings overlap, folders merge and the later mapping wins, name by name, as if
 * each were copied over the one before. Folders on the way to an `at` that no mapping provides are virtual: empty but for
 * what leads on. This file is the algebra of paths only; view-tree.ts looks into the workspace.
 */
export interface ViewMapping {
  /** Path inside the view, latin1 bytes like a {@link WorkspacePath}; '' is the view's root. */
  readonly at: string;
  readonly source: WorkspacePath;
}

export type View = readonly ViewMapping[];

/** A workspace path that may show at some path of a view. A higher `order` (the mapping's place in the list) wins. */
export interface ViewSource {
  readonly order: number;
  readonly path: WorkspacePath;
}

/** The sources of the mappings whose `at` is exactly `inner`, strongest first. */
export function mappedAt(view: View, inner: string): readonly ViewSource[] {
  return view
    .map((mapping, order) => ({ order, path: mapping.source, at: mapping.at }))
    .filter(({ at }) => at === inner)
    .map(({ order, path }) => ({ order, path }))
    .reverse();
}

/** What may show as `name` in the folder `inner` whose own folder sources are `parents`: strongest first. */
export function childSources(
  view: View,
  inner: string,
  parents: readonly ViewSource[],
  name: string,
): readonly ViewSource[] {
  const below = parents.map(({ order, path }) => ({ order, path: childPath(path, name) }));
  const mapped = mappedAt(view, childPath(inner, name));
  return mapped.length === 0 ? below : [...below, ...mapped].sort((a, b) => b.order - a.order);
}

/** Whether some mapping lies deeper than `inner`, so that a folder must exist there. */
export function leadsOn(view: View, inner: string): boolean {
  return view.some(({ at }) => (pathBelow(inner, at) ?? '') !== '');
}

/** The names in folder `inner` that mappings give it by themselves: those mapped there and those that lead on. */
export function mappedNames(view: View, inner: string): ReadonlySet<string> {
  const names = view.flatMap(({ at }) => {
    const rest = pathBelow(inner, at) ?? '';
    return rest === '' ? [] : [rest.split('/', 1)[0] ?? ''];
  });
  return new Set(names);
}

/** Every path inside the view at which workspace path `path` may show. */
export function placesOf(view: View, path: WorkspacePath): readonly string[] {
  const places = view.flatMap(({ at, source }) => {
    const rest = pathBelow(source, path);
    if (rest === null) return [];
    return [rest === '' ? at : childPath(at, rest)];
  });
  return [...new Set(places)];
}
