import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { noteGround } from '../util/grounds.ts';
import { LayerError } from '../util/layer-error.ts';
import { isIndexDamage } from './cache-errors.ts';
import { SCHEMA, SCHEMA_VERSION, UPGRADES } from './index-schema.ts';

/** How long a statement waits for another process's write. Writes are short: a longer wait means something is stuck. */
const BUSY_TIMEOUT_MS = 10_000;

/** Fills a new, empty index in the transaction that creates it. */
export type FillIndex = (database: DatabaseSync) => void;

export interface OpenedIndex {
  readonly database: DatabaseSync;
  /** Tells this file from one that has taken its place since. */
  readonly inode: number;
  /** Where a damaged index was moved to; null where there was none. */
  readonly movedAside: string | null;
}

/** Opens the index at `path`; creates it where there is none, or where what is there is broken. */
export function openIndexFile(path: string, fill: FillIndex): OpenedIndex {
  noteGround(path);
  noteGround(`${path}-wal`, 'filled');
  const opening = tryOpen(path);
  return typeof opening === 'object' ? opening : underLock(path, () => openOrCreate(path, fill));
}

/** Puts a new index in the place of one that turned out to be broken while in use (and has been closed). */
export function replaceIndexFile(path: string, brokenInode: number, fill: FillIndex): OpenedIndex {
  return underLock(path, () => (inodeOf(path) === brokenInode ? replace(path, fill) : openOrCreate(path, fill)));
}

function openOrCreate(path: string, fill: FillIndex): OpenedIndex {
  const opening = tryOpen(path);
  if (typeof opening === 'object') return opening;
  if (opening === 'old') return upgrade(path);
  return opening === 'broken' ? replace(path, fill) : create(path, fill);
}

function tryOpen(path: string): OpenedIndex | 'absent' | 'old' | 'broken' {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const version = schemaVersion(database);
    if (version === SCHEMA_VERSION) return { database, inode: inodeOf(path), movedAside: null };
    if (version > SCHEMA_VERSION) throw tooNew(path, version);
    database.close();
    return version === 0 ? 'absent' : 'old';
  } catch (error) {
    database.close();
    if (isIndexDamage(error)) return 'broken';
    throw error;
  }
}

/** Also reads the schema, which a mere look at the header would not. */
function schemaVersion(database: DatabaseSync): number {
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/**
 * Two processes may want to create the index at once. The lock is an SQLite file of its own: the kernel frees it when its
 * holder dies, which a lock file would not. Whoever comes second finds the first one's index.
 */
function underLock<T>(path: string, action: () => T): T {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: BUSY_TIMEOUT_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return action();
  } finally {
    lock.close();
  }
}

function replace(path: string, fill: FillIndex): OpenedIndex {
  const movedAside = moveAside(path);
  return { ...create(path, fill), movedAside };
}

function create(path: string, fill: FillIndex): OpenedIndex {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
    fill(database);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return { database, inode: inodeOf(path), movedAside: null };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Brings an index of an older version to this one, step by step, in one transaction. */
function upgrade(path: string): OpenedIndex {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('BEGIN IMMEDIATE');
    for (let version = schemaVersion(database); version < SCHEMA_VERSION; version++) {
      database.exec(UPGRADES[version] ?? '');
    }
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return { database, inode: inodeOf(path), movedAside: null };
  } catch (error) {
    database.close();
    throw error;
  }
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}

/** Keeps one broken index, for whoever wants to look at it. */
function moveAside(path: string): string {
  const aside = `${path}.damaged`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    else rmSync(aside + suffix, { force: true });
  }
  return aside;
}

function tooNew(path: string, version: number): LayerError {
  return new LayerError('CACHE_TOO_NEW', `${path} was written by a newer Layer (its version is ${version})`, {
    hint: 'Use that newer Layer, or set LAYER_HOME to another folder.',
  });
}
