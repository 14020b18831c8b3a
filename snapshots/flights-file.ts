import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { isIndexDamage } from './cache-errors.ts';

/**
 * `flights.sqlite` in LAYER_HOME, `user_version` = 1: a row for each piece of work under way, with its key, its owner as in
 * process-owner.ts, and what the owner's workspace gives for the path sets it knows (JSON pairs). It says nothing that
 * outlives its processes, so it is a file of its own, is never synced, and may be lost: a damaged one is removed, one of
 * another version is left alone and not used.
 */
const VERSION = 1;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS flight (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  owner TEXT NOT NULL,
  seen TEXT NOT NULL,
  given_up_at_ms INTEGER
) STRICT;
PRAGMA user_version = ${VERSION};
`;

/** Transactions are a few rows long: whoever keeps the file for longer is stopped or broken. */
const BUSY_TIMEOUT_MS = 2000;

export class FlightsFile implements Disposable {
  readonly #path: string;
  #database: DatabaseSync | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** What `action` gives, in one transaction; `otherwise` where the file cannot be used: that is never an error. */
  write<T>(action: (database: DatabaseSync) => T, otherwise: T): T {
    return this.read((database) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = action(database);
        database.exec('COMMIT');
        return result;
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK');
      }
    }, otherwise);
  }

  /** As {@link write}, for a single query. */
  read<T>(action: (database: DatabaseSync) => T, otherwise: T): T {
    try {
      this.#database ??= open(this.#path);
      return action(this.#database);
    } catch (error) {
      if (isDamage(error)) this.#remove();
      else if (!isOfSqlite(error) && !(error instanceof OtherVersion)) throw error;
      return otherwise;
    }
  }

  [Symbol.dispose](): void {
    this.#database?.close();
    this.#database = null;
  }

  /** Whoever still uses the removed file does not see the next one: work may be done twice then. */
  #remove(): void {
    this[Symbol.dispose]();
    for (const suffix of ['-journal', '']) rmSync(this.#path + suffix, { force: true });
  }
}

class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const versionOf = (): number => Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    database.exec('PRAGMA synchronous = OFF');
    if (versionOf() === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    if (versionOf() !== VERSION) throw new OtherVersion(`${path} has version ${versionOf()}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A `SyntaxError` is of JSON that was read from a row. */
function isDamage(error: unknown): boolean {
  return isIndexDamage(error) || error instanceof SyntaxError;
}

function isOfSqlite(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error;
}
