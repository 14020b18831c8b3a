import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { LayerError } from '../util/layer-error.ts';
import { asStorageError } from '../util/storage-error.ts';

/** The tables of one room, which nobody else touches. */
export interface RoomTables {
  /** Its name for good. */
  readonly room: string;
  /** SQL, each done once and never edited: the room's version is how many were done. */
  readonly migrations: readonly string[];
}

export interface ServerDatabase extends Disposable {
  readonly database: DatabaseSync;
  /** Does `work` in one transaction, none of it where it throws. It survives the end of this process. */
  write<T>(work: () => T): T;
  /** The same, and it survives the end of the power: for what somebody was told is kept. */
  writeDurably<T>(work: () => T): T;
}

/** How `rooms` is laid out, in SQLite's user_version. */
const FORM = 1;
const BUSY_TIMEOUT_MS = 10_000;

/**
 * The server's one database (WAL), with the tables of all rooms brought up to date. Throws `CACHE_TOO_NEW` where a newer Layer
 * made it, `CACHE_UNUSABLE` or `CACHE_FULL` where it cannot be used.
 */
export function openDatabase(path: string, rooms: readonly RoomTables[]): ServerDatabase {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    // It holds hashes of tokens, and whatever people write.
    chmodSync(path, 0o600);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    const opened = new OpenDatabase(database);
    opened.writeDurably(() => migrate(opened.database, path, rooms));
    return opened;
  } catch (error) {
    database?.close();
    throw error instanceof LayerError ? error : unusable(error, path);
  }
}

class OpenDatabase implements ServerDatabase {
  readonly database: DatabaseSync;
  #isWriting = false;
  #isDurable = true;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  write<T>(work: () => T): T {
    return this.#write(work, false);
  }

  writeDurably<T>(work: () => T): T {
    return this.#write(work, true);
  }

  /** One within another is a part of it. */
  #write<T>(work: () => T, durably: boolean): T {
    if (this.#isWriting) return work();
    if (durably !== this.#isDurable) this.database.exec(`PRAGMA synchronous = ${durably ? 'FULL' : 'NORMAL'}`);
    this.#isDurable = durably;
    this.database.exec('BEGIN IMMEDIATE');
    this.#isWriting = true;
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  [Symbol.dispose](): void {
    if (this.database.isOpen) this.database.close();
  }
}

function migrate(database: DatabaseSync, path: string, rooms: readonly RoomTables[]): void {
  const form = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (form > FORM) throw tooNew(path);
  if (form === 0) database.exec(`CREATE TABLE rooms (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT`);
  database.exec(`PRAGMA user_version = ${FORM}`);
  for (const { room, migrations } of rooms) {
    const done = Number(database.prepare('SELECT version FROM rooms WHERE room = ?').get(room)?.['version'] ?? 0);
    if (done > migrations.length) throw tooNew(path);
    for (const migration of migrations.slice(done)) database.exec(migration);
    database.prepare('INSERT OR REPLACE INTO rooms VALUES (?, ?)').run(room, migrations.length);
  }
}

function tooNew(path: string): LayerError {
  return new LayerError('CACHE_TOO_NEW', `${path} was made by a newer Layer`, {
    hint: 'Update Layer, or give the server another folder with --data.',
  });
}

function unusable(error: unknown, path: string): unknown {
  const known = asStorageError(error, path);
  if (known instanceof LayerError) return known;
  return new LayerError('CACHE_UNUSABLE', `Cannot use the server's database ${path}`, {
    cause: error,
    hint: 'Where it is damaged, put it back from a copy, or give the server another folder with --data.',
  });
}
