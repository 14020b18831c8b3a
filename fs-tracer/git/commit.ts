import type { DigestMemo } from '../digest-memo.ts';
import type { Workspace, WorkspacePath } from '../workspace.ts';

export interface GitCommitOptions {
  /** Absolute path of the repository: a checkout's root, or a bare repository's folder. */
  readonly repository: string;
  /** Hex id, in full. */
  readonly commit: string;
  readonly digestMemo: DigestMemo;
  /** For blobs that are too big for memory: they are put in files without a name. Must exist. */
  readonly temporaryFolder: string;
}

/** A commit, served from the object database. Holds files open until it is disposed. */
export interface GitCommit extends Disposable {
  /** What a run sees: all but what `.layerignore` of this commit takes away. */
  readonly workspace: Workspace;
  /** All of it. */
  readonly everything: Workspace;
  /** The files called `name` in `folder` and below, but for those in folders called as one of `skipped`: in an order by path. */
  findFiles(folder: WorkspacePath, name: string, skipped: ReadonlySet<string>): readonly WorkspacePath[];
  /** The submodules that were looked for so far, or listed. They are absent. */
  readonly submodules: readonly WorkspacePath[];
}
