import { createHash } from 'node:crypto';

import type { ObservedPath } from './observation.ts';
import type { ListedEntry, Workspace, WorkspaceEntry, WorkspacePath } from './workspace.ts';

/** Digest of an observation of nothing. */
export const ABSENT = 'absent';

/**
 * The digest of one observation in `workspace` as it is now: printable, short, comparable with `===`. Where the path is not
 * what the kind expects, the digest says what it is instead (`absent`, `folder`, …), so absence is never an error.
 * - content: `sha256:HEX`, with `+x` for an executable file
 * - listing: `sha256:HEX` over the sorted entries, each `LENGTH:NAME` and a type letter
 * - stat: `file 1234`, `file+x 1234` (bytes), `folder`, `symlink`, `special`
 * - link: `link:TARGET`, bytes outside printable ASCII as `%XX`
 * - absent: `absent` or `present`
 * - exists: `file`, `folder`, `symlink`, `special` or `absent`
 *
 * Throws `WORKSPACE_UNREADABLE` only for what is there and cannot be read. `found` is what the workspace's `entry` has just
 * given for the path, if it was asked; `listed` likewise of its `list`.
 */
export function digestObservation(
  workspace: Workspace,
  { path, kind }: ObservedPath,
  found?: WorkspaceEntry | null,
  listed?: readonly ListedEntry[] | null,
): string {
  const entry = (): WorkspaceEntry | null => (found === undefined ? workspace.entry(path) : found);
  switch (kind) {
    case 'content':
      return contentDigest(workspace, path, entry());
    case 'listing':
      return listingDigest(listed === undefined ? workspace.list(path) : listed) ?? typeAt(workspace, path);
    case 'stat':
      return statDigest(entry());
    case 'link':
      return linkDigest(workspace.readLink(path)) ?? typeAt(workspace, path);
    case 'absent':
      return entry() === null ? ABSENT : 'present';
    case 'exists':
      return entry()?.type ?? ABSENT;
  }
}

/**
 * What works out the digest of a content observation when the file was served; null where it is to be had at once. The file must
 * have kept its identity until then.
 */
export function digestContentLater(
  workspace: Workspace,
  path: WorkspacePath,
  found: WorkspaceEntry | null | undefined,
): (() => string) | null {
  if (found?.type !== 'file') return null;
  const finish = workspace.digestLater?.(path, found) ?? null;
  return finish === null ? null : () => contentText(finish(), found);
}

function typeAt(workspace: Workspace, path: WorkspacePath): string {
  return workspace.entry(path)?.type ?? ABSENT;
}

function contentDigest(workspace: Workspace, path: WorkspacePath, entry: WorkspaceEntry | null): string {
  if (entry?.type !== 'file') return entry?.type ?? ABSENT;
  return contentText(workspace.digest(path, entry), entry);
}

function contentText(digest: string | null, { executable }: WorkspaceEntry): string {
  return digest === null ? ABSENT : `sha256:${digest}${executable ? '+x' : ''}`;
}

/** The digest of `stat` for an entry that was just looked at. */
export function statDigest(entry: WorkspaceEntry | null): string {
  if (entry?.type !== 'file') return entry?.type ?? ABSENT;
  return `file${entry.executable ? '+x' : ''} ${entry.sizeBytes}`;
}

function listingDigest(entries: readonly ListedEntry[] | null): string | null {
  if (entries === null) return null;
  const hash = createHash('sha256');
  hash.update(entries.map(({ name, type }) => `${name.length}:${name}${LETTERS[type]}`).join(''), 'latin1');
  return `sha256:${hash.digest('hex')}`;
}

const LETTERS: Readonly<Record<ListedEntry['type'], string>> = { file: 'f', folder: 'd', symlink: 'l', special: 's' };

function linkDigest(target: string | null): string | null {
  if (target === null) return null;
  const printable = target.replace(/[^\x21-\x24\x26-\x7e]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `link:${printable}`;
}
