import type { MountPath, NodeRecord } from './node-table.ts';
import type { ResolvedEntry } from './view-tree.ts';
import type { ListedEntry, WorkspacePath } from './workspace.ts';

/** What answers a READDIRPLUS at `offset`. */
export interface AheadPage {
  readonly offset: number;
  readonly body: Buffer;
}

/** A folder's listing as the guest would be told it, which nobody observed yet. */
export interface QuietListing {
  readonly node: NodeRecord;
  readonly source: WorkspacePath;
  readonly entries: readonly ListedEntry[];
  readonly pages: readonly AheadPage[];
}

export interface QuietEntry {
  readonly found: ResolvedEntry;
  readonly body: Buffer;
}

/** Answers to what nobody asked yet: nothing is observed. */
export interface QuietAnswers {
  /** Null for what is no folder that one folder of the workspace makes up, or has more names. */
  entries(path: MountPath, mostNames: number): readonly ListedEntry[] | null;
  list(path: MountPath, mostNames: number): QuietListing | null;
  /** What is at `path`, if anything, and the body of the answer to a LOOKUP of it. */
  lookUp(path: MountPath): QuietEntry | null;
}
