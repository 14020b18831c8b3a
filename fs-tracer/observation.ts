import type { WorkspacePath } from './workspace.ts';

/**
 * What a step can learn about a path (BuildXL's vocabulary, plus `exists`):
 * - `content`: bytes of a file and its exec bit;
 * - `listing`: the sorted, length-prefixed (name, type) pairs of a folder;
 * - `stat`: type, exec bit and size;
 * - `link`: the immediate target of a symlink;
 * - `absent`: that nothing is there;
 * - `exists`: that something of this type is there, and nothing more (a LOOKUP without a later GETATTR or READ, the
 *   source of a COPY). Without it, naming a file would count as having looked at its size.
 */
export type ObservationKind = 'content' | 'listing' | 'stat' | 'link' | 'absent' | 'exists';

export interface ObservedPath {
  readonly path: WorkspacePath;
  readonly kind: ObservationKind;
}

/** Paths with kinds, no digests: sorted by (path, kind), unique. */
export type PathSet = readonly ObservedPath[];

export interface Observation extends ObservedPath {
  /** Printable and comparable: see `digestObservation` for the form of each kind. */
  readonly digest: string;
}

/** Sorted as a {@link PathSet}. */
export type ReadSet = readonly Observation[];

export type ObservationCounts = Readonly<Record<ObservationKind, number>>;

/** Two read sets of one lineage as one. Where both have a (path, kind), the later digest counts. */
export function mergeReadSets(earlier: ReadSet, later: ReadSet): ReadSet {
  const merged = new Map(
    [...earlier, ...later].map((observation) => [`${observation.path}\0${observation.kind}`, observation]),
  );
  return [...merged.values()].sort(compareObservations);
}

/** By path bytes, then by kind: the order of every path set and read set. */
export function compareObservations(a: Observation, b: Observation): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.kind < b.kind ? -1 : 1;
}
