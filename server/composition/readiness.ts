import type { ServerDatabase } from '../database.ts';

const KEPT_MS = 1000;

/** Whether a server takes work. */
export class Readiness {
  readonly #database: ServerDatabase;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #looked = { atMs: -KEPT_MS, trouble: null as string | null };

  constructor(database: ServerDatabase) {
    this.#database = database;
  }

  began(): void {
    this.#phase = 'ready';
  }

  stops(): void {
    this.#phase = 'stopping';
  }

  /** Null: it does. Anybody may ask: the database is written to once a second at most. */
  trouble(): string | null {
    if (this.#phase !== 'ready') return this.#phase;
    const nowMs = performance.now();
    if (nowMs - this.#looked.atMs >= KEPT_MS) this.#looked = { atMs: nowMs, trouble: this.#write() };
    return this.#looked.trouble;
  }

  #write(): string | null {
    try {
      this.#database.write(() => this.#database.database.exec('UPDATE rooms SET version = version'));
      return null;
    } catch {
      return 'the database cannot be written';
    }
  }
}
