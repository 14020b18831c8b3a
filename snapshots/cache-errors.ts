import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { asStorageError, storageFull, storageUnusable, systemCode } from '../util/storage-error.ts';

/** SQLite's primary result codes (sqlite3.h) that say something about the environment. */
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR = 10;
/** Not permitted, read-only, I/O error, cannot open. */
const SQLITE_UNUSABLE = new Set([3, 8, SQLITE_IOERR, 14]);

/** The size of an index's `-shm` file, which must be there before anything can be read (SQLite: "WAL-mode File Format"). */
const SHARED_MEMORY_BYTES = 32_768;

/** Something in the index that no version of it would have stored. */
export class IndexDamage extends Error {
  override readonly name = 'IndexDamage';
}

/** What compiling a statement of ours failed with: the statements are right, so where it names what is not there, the schema is broken. */
export function asSchemaDamage(error: unknown): unknown {
  return error instanceof Error && sqliteCode(error) === SQLITE_ERROR ? new IndexDamage(error.message) : error;
}

/** True where the index file itself is broken: not a database, or malformed inside. */
export function isIndexDamage(error: unknown): boolean {
  if (error instanceof IndexDamage) return true;
  const code = sqliteCode(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

export function isMissingFile(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

/** What the environment did, as a {@link LayerError} with a hint; anything else comes back as it is. */
export function asCacheError(error: unknown, place: string): unknown {
  const sqlite = sqliteCode(error);
  if (sqlite === SQLITE_FULL) return storageFull(error, place);
  if (sqlite === SQLITE_BUSY) return indexBusy(error, place);
  if (!SQLITE_UNUSABLE.has(sqlite)) return asStorageError(error, place);
  const full = sqlite === SQLITE_IOERR && isFull(dirname(place));
  return full ? storageFull(error, place) : storageUnusable(error, place);
}

/** SQLite says no more than "I/O error" where the disk has no room for the memory that its processes share. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < SHARED_MEMORY_BYTES;
  } catch {
    return false;
  }
}

/** Runs `action`, turning what the environment did into a {@link LayerError}. */
export function withCacheErrors<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asCacheError(error, place);
  }
}

function indexBusy(cause: unknown, place: string): LayerError {
  return new LayerError('CACHE_UNUSABLE', `Another process has kept the index of ${place} locked`, {
    cause,
    hint: 'Wait for the other `layer` process to end, or end it, and try again.',
  });
}

/** The primary code of an extended SQLite result code is its low byte. */
function sqliteCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}

/**
 * For what ends with this process at the latest, and is often done because something failed already: on a disk that does
 * not take it, it must not hide why.
 */
export function ignoringEnvironment(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
  }
}
