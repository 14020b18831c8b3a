/** What is kept of a table of looks (look-table.ts). */
export interface TableContents {
  /** As things were when what is remembered was found out; distrusted where that is not certain. */
  readonly records: Float64Array;
  /** The folder that a path is in: -1 for the root and for absolute paths. */
  readonly parents: Int32Array;
  /** Of a folder, the file in it whose rules hold for all below: -1 where none was looked at. */
  readonly rules: Int32Array;
  /** Absolute paths, or relative to the root ('' for the root itself), latin1; folders before what is in them. */
  readonly paths: () => readonly string[];
}

export interface LookFront extends TableContents {
  readonly places: Uint32Array;
}

/** A table of looks that is stored, and read when it is needed. */
export interface StoredLooks {
  readonly count: number;
  front(): LookFront;
}

export interface LookNotes {
  /** The workspace's root; latin1, as all paths. */
  readonly root: string;
  /** What decided which paths are visible; null where nothing did. */
  readonly basis: {
    readonly key: string;
    /** Where in the table its files are. */
    readonly files: readonly number[];
    /** Where git's index is, and what was asked of it; null where git was not asked. */
    readonly tracked: { readonly index: number; readonly answers: readonly (readonly [string, boolean])[] } | null;
  } | null;
  readonly sets: readonly {
    readonly key: string;
    readonly note: string;
    readonly isObserved: boolean;
    readonly count: number;
  }[];
  readonly tail: { readonly entriesBytes: number; readonly digestsBytes: number; readonly checksum: string };
}

/** All that a look file holds. */
export interface LookContents extends LookFront {
  readonly root: string;
  readonly notes: Omit<LookNotes, 'tail' | 'root'>;
  readonly entries: readonly string[];
  readonly digests: readonly string[];
}
