import { createHash } from 'node:crypto';

import type { ServerDatabase } from '../database.ts';
import type { ForgeEvent } from './forge-event.ts';

export interface StoredEvent {
  readonly id: number;
  readonly repository: string;
  readonly event: ForgeEvent;
  /** How often it was tried without success. */
  readonly tries: number;
}

/** What an older webhook could still do is not worth more: its commit has been overtaken. */
const KEPT_MS = 90 * 24 * 60 * 60_000;

/** Webhooks that came, each once and for good; and which of them are still to be acted on. */
export class EventInbox {
  readonly #database: ServerDatabase;
  readonly #now: () => number;

  constructor(database: ServerDatabase, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** Null where one of `marks` came before. What is returned survives whatever comes. */
  accept(repository: string, marks: readonly string[], event: ForgeEvent): StoredEvent | null {
    const { database } = this.#database;
    return this.#database.writeDurably(() => {
      database.prepare('DELETE FROM deliveries WHERE received_at_ms < ?').run(this.#now() - KEPT_MS);
      const insert = database.prepare('INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?)');
      const added = marks.map((mark) => insert.run(repository, digestOf(mark), this.#now()).changes);
      if (added.includes(0)) return null;
      const { lastInsertRowid } = database
        .prepare('INSERT INTO forge_events (repository, event) VALUES (?, ?)')
        .run(repository, JSON.stringify(event));
      return { id: Number(lastInsertRowid), repository, event, tries: 0 };
    });
  }

  pending(): readonly StoredEvent[] {
    const rows = this.#database.database.prepare('SELECT * FROM forge_events ORDER BY id').all();
    return rows.map(({ id, repository, event, tries }) => ({
      id: Number(id),
      repository: String(repository),
      event: JSON.parse(String(event)) as ForgeEvent,
      tries: Number(tries),
    }));
  }

  /** It has been acted on, or never will be. */
  done(id: number): void {
    this.#database.write(() => this.#database.database.prepare('DELETE FROM forge_events WHERE id = ?').run(id));
  }

  failed(id: number): void {
    const statement = this.#database.database.prepare('UPDATE forge_events SET tries = tries + 1 WHERE id = ?');
    this.#database.write(() => statement.run(id));
  }
}

function digestOf(mark: string): string {
  return createHash('sha256').update(mark).digest('hex');
}
