import { LayerError } from '../util/layer-error.ts';

/** SQLite's primary result codes (sqlite3.h) that say something about the environment. */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
/** Not permitted, I/O error, cannot open, read-only. */
const SQLITE_UNUSABLE = new Set([3, 8, 10, 14]);

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);
const UNUSABLE_CODES = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOTDIR', 'EMFILE', 'ENFILE']);

/** Something in the index that no version of it would have stored. */
export class IndexDamage extends Error {
  override readonly name = 'IndexDamage';
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
  const system = systemCode(error);
  if (sqlite === SQLITE_FULL || FULL_CODES.has(system)) return cacheFull(error, place);
  if (sqlite === SQLITE_BUSY) return indexBusy(error, place);
  if (SQLITE_UNUSABLE.has(sqlite) || UNUSABLE_CODES.has(system)) return cacheUnusable(error, place);
  return error;
}

/** Runs `action`, turning what the environment did into a {@link LayerError}. */
export function withCacheErrors<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asCacheError(error, place);
  }
}

function cacheFull(cause: unknown, place: string): LayerError {
  return new LayerError('CACHE_FULL', `No space left for snapshots in ${place}`, {
    cause,
    hint: 'Free some space with `layer prune`, or set LAYER_HOME to a folder on a bigger disk.',
  });
}

function cacheUnusable(cause: unknown, place: string): LayerError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new LayerError('CACHE_UNUSABLE', `Cannot use the snapshots in ${place}${why}`, {
    cause,
    hint: 'Check that the folder is writable and yours, or set LAYER_HOME to another one.',
  });
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

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
