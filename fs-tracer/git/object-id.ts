import type { Brand } from '../../util/brand.ts';

/** The name of a git object: SHA-1 (40 digits) or SHA-256 (64 digits) of its type, size and content, hex in lower case. */
export type ObjectId = Brand<string, 'ObjectId'>;

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  /** Shared with caches: not to be written to. */
  readonly bytes: Buffer;
}

export function parseObjectId(text: string): ObjectId | null {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? (text as ObjectId) : null;
}

/** In place of an object that is larger than the caller wants in memory. */
export const TOO_BIG = 'too big';

/** The hash that ids of this length are made with, as node:crypto calls it. */
export function hashOf(id: ObjectId): 'sha1' | 'sha256' {
  return id.length === 40 ? 'sha1' : 'sha256';
}
