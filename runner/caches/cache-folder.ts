import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { namesIn } from '../../util/names-in.ts';
import { writeFileDurably } from '../../util/durable-file.ts';

/*
 * Caches on disk: `LAYER_HOME/caches/ID/`, where ID is a hash of the repository and the guest folder, holds
 *   cache.json                                 {"version":1,"repository","folder"}: whose it is, for people
 *   SAVED-GENERATION-SHA256.tar.zst            the folder's content; the last name in order is the newest, as a rule the only
 * SAVED is the time in milliseconds since the epoch (15 digits), GENERATION the fingerprint of the folder that was saved
 * (guest-folder.ts), SHA256 that of the file itself. So one rename publishes a generation with all that is known of it.
 * The file's modification time says when it was last used.
 */

/** Whose cache it is. */
export interface CacheIdentity {
  /** See `repositoryIdentity`. */
  readonly repository: string;
  /** Absolute guest folder. */
  readonly folder: string;
}

export interface StoredCache {
  readonly file: string;
  readonly savedAtMs: number;
  /** Hex; equal where the folders had equal content. */
  readonly generation: string;
  readonly sha256: string;
  /** On the host, compressed. */
  readonly sizeBytes: number;
  readonly lastUsedAtMs: number;
}

/** A cache as `layer prune --caches` names it; the identity is null where its description is lost. */
export interface ListedCache {
  readonly id: string;
  readonly identity: CacheIdentity | null;
  readonly sizeBytes: number;
  readonly lastUsedAtMs: number;
}

const VERSION = 1;
const DESCRIPTION = 'cache.json';
const NAME = /^(\d{15})-([0-9a-f]{32})-([0-9a-f]{64})\.tar\.zst$/;

export function cachesFolder(home: string): string {
  return join(home, 'caches');
}

export function folderOfCache(caches: string, { repository, folder }: CacheIdentity): string {
  return join(caches, createHash('sha256').update(`${repository}\0${folder}`).digest('hex').slice(0, 32));
}

export function generationName(stored: Pick<StoredCache, 'savedAtMs' | 'generation' | 'sha256'>): string {
  return `${String(stored.savedAtMs).padStart(15, '0')}-${stored.generation}-${stored.sha256}.tar.zst`;
}

/** The newest generation in the folder of one cache; null where there is none. */
export function newestIn(folder: string): StoredCache | null {
  const names = namesIn(folder).filter((name) => NAME.test(name));
  for (const name of names.sort().reverse()) {
    const stored = storedAt(join(folder, name), NAME.exec(name));
    if (stored !== null) return stored;
  }
  return null;
}

export function describeCache(folder: string, identity: CacheIdentity): void {
  if (readDescription(folder) !== null) return;
  writeFileDurably(join(folder, DESCRIPTION), `${JSON.stringify({ version: VERSION, ...identity })}\n`);
}

/** All caches of a `LAYER_HOME`, the biggest first. */
export function listCaches(home: string): readonly ListedCache[] {
  const caches = cachesFolder(home);
  const ids = namesIn(caches).filter((name) => /^[0-9a-f]{32}$/.test(name));
  const listed = ids.map((id) => {
    const folder = join(caches, id);
    const newest = newestIn(folder);
    return {
      id,
      identity: readDescription(folder),
      sizeBytes: newest?.sizeBytes ?? 0,
      lastUsedAtMs: newest?.lastUsedAtMs ?? 0,
    };
  });
  return listed.sort((a, b) => b.sizeBytes - a.sizeBytes);
}

/** Runs that have begun to read it go on; one that saves it later makes it anew. */
export function removeCache(home: string, { id }: ListedCache): void {
  rmSync(join(cachesFolder(home), id), { recursive: true, force: true });
}

function storedAt(file: string, parts: RegExpExecArray | null): StoredCache | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || parts === null) return null;
  const [, savedAt = '', generation = '', sha256 = ''] = parts;
  const { size: sizeBytes, mtimeMs: lastUsedAtMs } = stats;
  return { file, savedAtMs: Number(savedAt), generation, sha256, sizeBytes, lastUsedAtMs };
}

function readDescription(folder: string): CacheIdentity | null {
  try {
    const read = JSON.parse(readFileSync(join(folder, DESCRIPTION), 'utf8')) as Partial<CacheIdentity>;
    const { repository, folder: guestFolder } = read;
    return repository === undefined || guestFolder === undefined ? null : { repository, folder: guestFolder };
  } catch {
    return null;
  }
}
