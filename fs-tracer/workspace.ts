import type { Brand } from '../util/brand.ts';

/**
 * A path inside the workspace: its raw bytes as a latin1 string (one character a byte, so any file name round-trips),
 * components joined with '/', no leading or trailing slash, '' for the root. Never contains '.', '..' or NUL components.
 */
export type WorkspacePath = Brand<string, 'WorkspacePath'>;

/** `special` is a FIFO, socket or device: listed, never opened. */
export type EntryType = 'file' | 'folder' | 'symlink' | 'special';

export interface WorkspaceEntry {
  readonly type: EntryType;
  /** The owner's exec bit; false for anything but a file. */
  readonly executable: boolean;
  /** Bytes of a file, length of a symlink's target; 0 otherwise. May be worked out when it is asked for. */
  readonly sizeBytes: number;
}

export interface ListedEntry {
  /** One path component, latin1 as in {@link WorkspacePath}. */
  readonly name: string;
  readonly type: EntryType;
}

/**
 * What a run sees of the user's files. Implementations: a directory (local runs), a commit (`--rev`, CI), memory (unit tests).
 * Symlinks are never followed: a path whose parent component is a symlink or a file is absent. Ignored names are absent.
 * Methods throw only for what the user must mend (`WORKSPACE_UNREADABLE`), never for absence. `found` is what
 * {@link entry} has just given for the same path: it saves looking again, and ties what is told to one look.
 */
export interface Workspace {
  /** The entry at `path`, or null where there is none (or where it is ignored). */
  entry(path: WorkspacePath): WorkspaceEntry | null;
  /** The visible entries of a folder, sorted by name bytes; null where `path` is not a folder. */
  list(path: WorkspacePath): readonly ListedEntry[] | null;
  /** A symlink's target (latin1); null where `path` is not a symlink. */
  readLink(path: WorkspacePath): string | null;
  /**
   * Up to `length` bytes from `offset`; shorter at the end of the file; null where `path` is not a file. They may be read into
   * `room` (from its start), where it is given and large enough.
   */
  read(path: WorkspacePath, offset: number, length: number, found?: WorkspaceEntry, room?: Buffer): Buffer | null;
  /** Says that the file at `path` is about to be digested and read: both may then come from one reading. */
  hold?(path: WorkspacePath, found: WorkspaceEntry): void;
  /** Hex sha-256 of a file's bytes; null where `path` is not a file. May be memoised by the file's identity. */
  digest(path: WorkspacePath, found?: WorkspaceEntry): string | null;
  /**
   * For a large file whose digest is not known: what works it out, to be called once, when the file was served. It is the digest
   * of what has been served as long as the file's identity is the same then. Null: ask {@link digest} at once.
   */
  digestLater?(path: WorkspacePath, found: WorkspaceEntry): (() => string | null) | null;
  /**
   * A string that changes whenever the thing at `path` may have changed in any observable way ('' where absent), without
   * reading content: device, inode, size, mtime and ctime for a directory workspace, type and blob id for a commit. Used to notice edits during a run.
   */
  identity(path: WorkspacePath, found?: WorkspaceEntry): string;
  /**
   * Whether an edit right now could leave `identity` as it is, because the last one was hardly a clock tick ago. Left out
   * where that cannot be.
   */
  isUnsettled?(path: WorkspacePath, found?: WorkspaceEntry): boolean;
}
