import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

import { asCacheError, asSchemaDamage, isIndexDamage } from './cache-errors.ts';
import { openIndexFile, replaceIndexFile, type FillIndex, type OpenedIndex } from './index-file.ts';
import type { SqlRow } from './sql-row.ts';

/** What queries are made with: statements are prepared once for each connection. */
export interface IndexSession {
  all(sql: string, ...parameters: SQLInputValue[]): SqlRow[];
  first(sql: string, ...parameters: SQLInputValue[]): SqlRow | null;
  /** Returns the number of changed rows. */
  run(sql: string, ...parameters: SQLInputValue[]): number;
}

export interface CacheIndexOptions {
  readonly path: string;
  /** Fills an index that had to be created anew from what is on disk. */
  readonly fill: (session: IndexSession) => void;
  readonly onWarning: (message: string) => void;
}

/** `durable` survives a power cut once it returns; `relaxed` may be lost then, and costs no fsync. */
type Durability = 'durable' | 'relaxed';

/**
 * The connection to the index. It outlives a broken file: the action that met it is run once more on a rebuilt index, so
 * actions must do nothing but queries.
 */
export class CacheIndex implements Disposable {
  readonly #options: CacheIndexOptions;
  #opened: OpenedIndex;
  #session: IndexSession;
  #durability: Durability | null = null;

  constructor(options: CacheIndexOptions) {
    this.#options = options;
    this.#opened = this.#environment(() => openIndexFile(options.path, this.#fill));
    this.#session = sessionOn(this.#opened.database);
    this.#warnIfReplaced();
  }

  /** All queries of the action see one state; it must not write. */
  read<T>(action: (session: IndexSession) => T): T {
    return this.#environment(() => this.#surviving(() => this.#transaction('BEGIN', action)));
  }

  /** One transaction: all of the action or nothing. */
  write<T>(durability: Durability, action: (session: IndexSession) => T): T {
    return this.#environment(() =>
      this.#surviving(() => {
        this.#setDurability(durability);
        return this.#transaction('BEGIN IMMEDIATE', action);
      }),
    );
  }

  [Symbol.dispose](): void {
    if (this.#opened.database.isOpen) this.#opened.database.close();
  }

  readonly #fill: FillIndex = (database) => this.#options.fill(sessionOn(database));

  #transaction<T>(begin: string, action: (session: IndexSession) => T): T {
    const { database } = this.#opened;
    database.exec(begin);
    try {
      const result = action(this.#session);
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  /** In WAL mode FULL syncs the log at each commit, NORMAL only before a checkpoint. */
  #setDurability(durability: Durability): void {
    if (this.#durability === durability) return;
    this.#opened.database.exec(`PRAGMA synchronous = ${durability === 'durable' ? 'FULL' : 'NORMAL'}`);
    this.#durability = durability;
  }

  #surviving<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!isIndexDamage(error)) throw error;
      this.#replace();
      return action();
    }
  }

  #replace(): void {
    const { database, inode } = this.#opened;
    if (database.isOpen) database.close();
    this.#opened = replaceIndexFile(this.#options.path, inode, this.#fill);
    this.#session = sessionOn(this.#opened.database);
    this.#durability = null;
    this.#warnIfReplaced();
  }

  #warnIfReplaced(): void {
    const { movedAside } = this.#opened;
    if (movedAside === null) return;
    this.#options.onWarning(`The snapshot index was damaged: moved to ${movedAside}, and rebuilt from what is on disk`);
  }

  #environment<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw asCacheError(error, this.#options.path);
    }
  }
}

function sessionOn(database: DatabaseSync): IndexSession {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    try {
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    } catch (error) {
      throw asSchemaDamage(error);
    }
  };
  return {
    all: (sql, ...parameters) => prepared(sql).all(...parameters),
    first: (sql, ...parameters) => prepared(sql).get(...parameters) ?? null,
    run: (sql, ...parameters) => Number(prepared(sql).run(...parameters).changes),
  };
}
