import type { DatabaseSync } from 'node:sqlite';

import type { ServerDatabase } from '../database.ts';
import type { Caller, Role } from './caller.ts';
import { csrfOf, hashOf, isCookieText, isSame, isTokenText, newSessionCookie, newToken } from './secret-text.ts';

/** A session ends so long after its last use. */
export const SESSION_MS = 30 * 24 * 3_600_000;

/** Last uses are kept to the hour: who looks at a page need not be written down by the minute, nor the disk kept busy. */
const USE_STEP_MS = 3_600_000;

/** A session's end is moved only so often: each move is a write. */
const SLIDE_STEP_MS = 24 * 3_600_000;

export interface KnownToken {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  /** To the hour. */
  readonly lastUsedAtMs: number | null;
}

/** Who asks, and by which token: what ends with that token is found by it. */
export interface KnownCaller extends Caller {
  readonly token: number;
  /** What a change by a session must bring along; null for callers with a token. */
  readonly csrf: string | null;
  /** Whether the session's end was moved: its cookie is to be sent once more. */
  readonly isProlonged?: true;
}

interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly created_ms: number;
  readonly used_ms: number | null;
}

const TOKEN_COLUMNS = 'tokens.id, name, role, tokens.hash, created_ms, used_ms';

/** Tokens and sessions. Of both only hashes are kept, so that neither can be taken from the database. */
export class Access {
  readonly #server: ServerDatabase;
  readonly #database: DatabaseSync;
  readonly #nowMs: () => number;

  /** `server` has {@link ACCESS_TABLES}. */
  constructor(server: ServerDatabase, nowMs: () => number = Date.now) {
    this.#server = server;
    this.#database = server.database;
    this.#nowMs = nowMs;
  }

  /** Null where there is a token of that name. The token itself is told here, and never again. */
  createToken(name: string, role: Role): { readonly id: number; readonly token: string } | null {
    const token = newToken();
    const hash = hashOf(token);
    const { changes, lastInsertRowid } = this.#database
      .prepare(
        'INSERT INTO tokens (name, role, lookup, hash, created_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(name, role, hash.subarray(0, 8), hash, this.#nowMs());
    return changes === 0 ? null : { id: Number(lastInsertRowid), token };
  }

  tokens(): readonly KnownToken[] {
    const rows = this.#database.prepare(`SELECT ${TOKEN_COLUMNS} FROM tokens ORDER BY tokens.id`).all();
    return (rows as unknown as readonly TokenRow[]).map(({ id, name, role, created_ms, used_ms }) => ({
      id,
      name,
      role,
      createdAtMs: created_ms,
      lastUsedAtMs: used_ms,
    }));
  }

  /** Ends the token and its sessions. False where there is none with that number. */
  revoke(id: number): boolean {
    const { changes } = this.#server.writeDurably(() =>
      this.#database.prepare('DELETE FROM tokens WHERE id = ?').run(id),
    );
    return changes > 0;
  }

  /** Whether a token that somebody came with earlier is still one. */
  isKnown(token: number): boolean {
    return this.#database.prepare('SELECT 1 FROM tokens WHERE id = ?').get(token) !== undefined;
  }

  callerByToken(text: string): KnownCaller | null {
    const row = this.#tokenRow(text);
    return row === null ? null : { ...this.#caller(row), by: 'token', csrf: null };
  }

  /** Null where `text` is no token. `cookie` is the session's secret. */
  openSession(text: string): { readonly cookie: string; readonly caller: KnownCaller } | null {
    const row = this.#tokenRow(text);
    if (row === null) return null;
    const cookie = newSessionCookie();
    const nowMs = this.#nowMs();
    this.#database.prepare('DELETE FROM sessions WHERE ends_ms <= ?').run(nowMs);
    this.#database
      .prepare('INSERT INTO sessions (hash, token, ends_ms) VALUES (?, ?, ?)')
      .run(hashOf(cookie), row.id, nowMs + SESSION_MS);
    return { cookie, caller: { ...this.#caller(row), by: 'session', csrf: csrfOf(cookie) } };
  }

  callerBySession(cookie: string): KnownCaller | null {
    if (!isCookieText(cookie)) return null;
    const row = this.#database
      .prepare(
        `SELECT ${TOKEN_COLUMNS}, ends_ms FROM sessions JOIN tokens ON tokens.id = token WHERE sessions.hash = ? AND ends_ms > ?`,
      )
      .get(hashOf(cookie), this.#nowMs()) as unknown as (TokenRow & { readonly ends_ms: number }) | undefined;
    if (row === undefined) return null;
    const caller = { ...this.#caller(row), by: 'session', csrf: csrfOf(cookie) } as const;
    return this.#prolong(cookie, row.ends_ms) ? { ...caller, isProlonged: true } : caller;
  }

  endSession(cookie: string): void {
    this.#database.prepare('DELETE FROM sessions WHERE hash = ?').run(hashOf(cookie));
  }

  #prolong(cookie: string, endsMs: number): boolean {
    const newEndMs = this.#nowMs() + SESSION_MS;
    if (newEndMs - endsMs < SLIDE_STEP_MS) return false;
    this.#database.prepare('UPDATE sessions SET ends_ms = ? WHERE hash = ?').run(newEndMs, hashOf(cookie));
    return true;
  }

  #tokenRow(text: string): TokenRow | null {
    if (!isTokenText(text)) return null;
    const hash = hashOf(text);
    const rows = this.#database
      .prepare(`SELECT ${TOKEN_COLUMNS} FROM tokens WHERE lookup = ?`)
      .all(hash.subarray(0, 8)) as unknown as readonly TokenRow[];
    return rows.find((row) => isSame(row.hash, hash)) ?? null;
  }

  #caller(row: TokenRow): { readonly token: number; readonly name: string; readonly role: Role } {
    this.#noteUse(row);
    return { token: row.id, name: row.name, role: row.role };
  }

  #noteUse({ id, used_ms }: TokenRow): void {
    const hourMs = Math.floor(this.#nowMs() / USE_STEP_MS) * USE_STEP_MS;
    if (used_ms === null || used_ms < hourMs)
      this.#database.prepare('UPDATE tokens SET used_ms = ? WHERE id = ?').run(hourMs, id);
  }
}
