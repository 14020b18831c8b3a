import type { RoomTables } from '../database.ts';

/** The tables of this room. The forge's token and webhook secret stand in `settings` as they are: the file is the server's alone. */
export const REPOSITORY_TABLES: RoomTables = {
  room: 'repositories',
  migrations: [
    `CREATE TABLE repository (
       name TEXT PRIMARY KEY,
       -- Absolute, without links.
       folder TEXT NOT NULL UNIQUE,
       created_at_ms INTEGER NOT NULL,
       -- JSON, as REPOSITORY_SETTINGS says.
       settings TEXT NOT NULL
     ) STRICT`,
  ],
};
