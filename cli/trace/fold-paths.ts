/** A path, or a folder and how many of the paths are in it. */
export interface FoldedPath {
  /** Latin1; a folder's name ends with `/`. */
  readonly path: string;
  /** 1 for a path itself. */
  readonly count: number;
}

export interface FoldedPaths {
  readonly rows: readonly FoldedPath[];
  /** Paths for which there was no row. */
  readonly left: number;
}

/** At most `most` rows that stand for all of `paths`: those in one folder become one row, the deepest folders first. */
export function foldPaths(paths: readonly string[], most: number): FoldedPaths {
  const deepest = Math.max(1, ...paths.map((path) => path.split('/').length));
  for (let depth = deepest; depth > 0; depth--) {
    const rows = foldAt(paths, depth);
    if (rows.length <= most) return { rows, left: 0 };
    if (depth === 1) return firstRows(rows, most);
  }
  return { rows: [], left: 0 };
}

function foldAt(paths: readonly string[], depth: number): readonly FoldedPath[] {
  const groups = Map.groupBy(paths, (path) => path.split('/').slice(0, depth).join('/'));
  return [...groups].map(([name, [first = '', ...others]]) => {
    return others.length === 0 ? { path: first, count: 1 } : { path: `${name}/`, count: others.length + 1 };
  });
}

/** The largest folders count most. */
function firstRows(rows: readonly FoldedPath[], most: number): FoldedPaths {
  const kept = new Set([...rows].sort((a, b) => b.count - a.count).slice(0, most - 1));
  const left = rows.reduce((sum, row) => sum + (kept.has(row) ? 0 : row.count), 0);
  return { rows: rows.filter((row) => kept.has(row)), left };
}
