import type { RoomTables } from '../database.ts';

/**
 * What the server keeps of who may do what, as {@link Access} uses it.
 *
 * `tokens.hash` is the SHA-256 of the whole token, and `lookup` its first 8 bytes, by which a row is found. A session's `hash` is the
 * SHA-256 of its cookie. Times are milliseconds since the epoch. A revoked token's row is deleted, and its sessions go with it.
 */
export const ACCESS_TABLES: RoomTables = {
  room: 'access',
  migrations: [
    `CREATE TABLE tokens (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT NOT NULL UNIQUE,
     role TEXT NOT NULL CHECK (role IN ('read', 'member', 'admin')),
     lookup BLOB NOT NULL,
     hash BLOB NOT NULL,
     created_ms INTEGER NOT NULL,
     used_ms INTEGER
   ) STRICT;
   CREATE INDEX tokens_by_lookup ON tokens (lookup);
   CREATE TABLE sessions (
     hash BLOB PRIMARY KEY,
     token INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
     ends_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_by_token ON sessions (token);
   CREATE INDEX sessions_by_end ON sessions (ends_ms);`,
  ],
};
