/**
 * Remembers the digest of a file's content by the file's identity (device, inode, size, mtime, ctime; of a git blob `git:ID`),
 * so that a file is read once in its life. Losing the memo costs time, never correctness: whoever sets an entry must know that the
 * identity cannot outlive the content (see `isRacilyClean` in directory-workspace.ts).
 */
export interface DigestMemo {
  get(identity: string): string | undefined;
  set(identity: string, digest: string): void;
}

/** A memo that lives as long as the process. */
export function createMemoryDigestMemo(): DigestMemo {
  const digests = new Map<string, string>();
  return {
    get: (identity) => digests.get(identity),
    set: (identity, digest) => void digests.set(identity, digest),
  };
}
