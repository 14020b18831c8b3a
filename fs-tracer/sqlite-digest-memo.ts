import { rmSync, statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { DigestMemo } from './digest-memo.ts';

/** Past this size the memo is begun anew: identities of files long gone are never looked up again. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 2000;
/** Digests that are written together: one transaction for each would cost as much as hashing a small file. */
const BATCH = 500;

/*
 * The one table: identity (text, as directory-workspace.ts forms it) -> hex sha-256. `synchronous=OFF`: after a power cut
 * the file may be damaged; it is then deleted and begun anew, which costs only time. `user_version` is the format.
 */
const FORMAT_VERSION = 1;
const SCHEMA = `
  PRAGMA journal_mode=WAL;
  PRAGMA synchronous=OFF;
  CREATE TABLE IF NOT EXISTS digests (identity TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
  PRAGMA user_version=${FORMAT_VERSION};
`;

export interface SqliteDigestMemo extends DigestMemo, Disposable {}

/**
 * A memo kept in a SQLite file at `path`, shared between processes; what is new is written some hundred at a time, and at the end. A damaged, foreign or oversized file is replaced; where
 * even that fails (read-only folder, disk full) the memo forgets everything and the run goes on, only slower.
 */
export function openSqliteDigestMemo(path: string): SqliteDigestMemo {
  return new FileDigestMemo(path);
}

class FileDigestMemo implements SqliteDigestMemo {
  readonly #path: string;
  /** Undefined until something is asked or told: a decision about a workspace that did not change digests nothing. */
  #opened: DatabaseSync | null | undefined;
  #get: StatementSync | undefined;
  #set: StatementSync | undefined;
  /** Not written yet. */
  readonly #fresh = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
  }

  get #database(): DatabaseSync | null {
    if (this.#opened === undefined) {
      if (isOversized(this.#path)) removeDatabase(this.#path);
      this.#opened = this.#open() ?? this.#replace();
    }
    return this.#opened;
  }

  get(identity: string): string | undefined {
    const fresh = this.#fresh.get(identity);
    if (fresh !== undefined) return fresh;
    if (this.#database === null) return undefined;
    const row = this.#attempt(() => this.#get?.get(identity));
    const digest = row?.['digest'];
    return typeof digest === 'string' ? digest : undefined;
  }

  set(identity: string, digest: string): void {
    if (this.#database === null) return;
    this.#fresh.set(identity, digest);
    if (this.#fresh.size >= BATCH) this.#write();
  }

  [Symbol.dispose](): void {
    this.#write();
    this.#close();
  }

  /** What cannot be written is forgotten. */
  #write(): void {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    if (fresh.length === 0) return;
    this.#attempt(() => {
      this.#database?.exec('BEGIN IMMEDIATE');
      for (const [identity, digest] of fresh) this.#set?.run(identity, digest);
      this.#database?.exec('COMMIT');
    });
  }

  /** Runs a statement; damage found on the way replaces the file, anything else (busy, disk full) is forgotten. */
  #attempt<Result>(statement: () => Result): Result | undefined {
    try {
      return statement();
    } catch (error) {
      if (isDamage(error)) this.#opened = this.#replace();
      else if (this.#database?.isTransaction === true) this.#database.exec('ROLLBACK');
      return undefined;
    }
  }

  #replace(): DatabaseSync | null {
    this.#close();
    removeDatabase(this.#path);
    return this.#open();
  }

  #open(): DatabaseSync | null {
    let database: DatabaseSync | undefined;
    try {
      // Loaded here and not at the top: a run that digests nothing should not pay for it.
      const sqlite = process.getBuiltinModule('node:sqlite');
      database = new sqlite.DatabaseSync(this.#path, { timeout: BUSY_TIMEOUT_MS });
      checkFormat(database);
      database.exec(SCHEMA);
      this.#get = database.prepare('SELECT digest FROM digests WHERE identity = ?');
      this.#set = database.prepare('INSERT OR IGNORE INTO digests VALUES (?, ?)');
      return database;
    } catch {
      if (database?.isOpen === true) database.close();
      return null;
    }
  }

  #close(): void {
    this.#get = undefined;
    this.#set = undefined;
    if (this.#opened?.isOpen === true) this.#opened.close();
    this.#opened = null;
  }
}

function checkFormat(database: DatabaseSync): void {
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (version !== 0 && version !== FORMAT_VERSION) throw new Error(`Digest memo of format ${String(version)}`);
}

/** SQLITE_CORRUPT 11, SQLITE_NOTADB 26 (sqlite.org/rescode.html); the low byte of an extended code. */
function isDamage(error: unknown): boolean {
  const code = (error as { readonly errcode?: unknown }).errcode;
  return typeof code === 'number' && [11, 26].includes(code & 0xff);
}

function isOversized(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_FILE_BYTES;
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    try {
      rmSync(`${path}${suffix}`, { force: true });
    } catch {
      // A memo that cannot be removed is not used: the open that follows fails too.
    }
  }
}
