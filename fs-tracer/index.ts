/**
 * A workspace that records what is looked at. The guest's kernel sends raw FUSE messages over a stream; a {@link Tracer}
 * answers them from a {@link Workspace} and keeps the lineage's read set: every content, listing, attribute, symlink and
 * missing name that was asked for, each with its digest.
 *
 * What holds here:
 * - The guest is untrusted. Whatever it sends, it gets an errno or is cut off: never a crash, a hang, unbounded memory or
 *   a byte from outside the workspace. Symlinks are never followed on the host; the workspace is never written.
 * - An observation is recorded before the answer that reveals it is sent.
 * - Read sets are cumulative along a lineage. OPEN answers ENOSYS and names and pages stay cached in the guest, which is
 *   sound only because of that: what the guest's caches hold was observed earlier in the same lineage.
 * - mtime, owner and atime of the workspace never reach the guest, so they are in no key. (A command that is traced on the
 *   host finds them as they are; nothing of it is in any key.)
 * - Nothing here knows steps of a Layerfile, machines or snapshots.
 */
export { composeWorkspaces } from './composite-workspace.ts';
export { createMemoryDigestMemo, type DigestMemo } from './digest-memo.ts';
export { type DirectoryWorkspaceOptions, openDirectoryWorkspace } from './directory-workspace.ts';
export { type ChangedSet, LookMemory, type LookMemoryOptions } from './look-memory.ts';
export { type LookAhead, parseLookAhead } from './look-now.ts';
export { type GitFolder, openGitFolder } from './git-folder.ts';
export type { HostAttributes, HostAttributesOf } from './host-attributes.ts';
export {
  mergeReadSets,
  type Observation,
  type ObservationCounts,
  type ObservationKind,
  type ObservedPath,
  type PathSet,
  type ReadSet,
} from './observation.ts';
export { countKinds } from './observation-log.ts';
export { digestObservation } from './observe.ts';
export { openSqliteDigestMemo, type SqliteDigestMemo } from './sqlite-digest-memo.ts';
export { keepReplay, type ReplayPlace, type ReplayText } from './replay-file.ts';
export { createTracer, type FrozenStep, type Tracer, type TracerOptions } from './tracer.ts';
export type { GitCommit, GitCommitOptions } from './git/commit.ts';
export { openGitCommit } from './open-git-commit.ts';
export type { View, ViewMapping } from './view.ts';
export type { EntryType, ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';
export { parseWorkspacePath, toPathBytes, toReadablePath } from './workspace-path.ts';
