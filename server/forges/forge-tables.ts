import type { RoomTables } from '../database.ts';

/**
 * `deliveries`: which webhooks came, by digest of their number or body, so that none counts twice. `forge_events`: what of them is
 * still to be done. `statuses`: what a forge is to be told of a job (`state`), and whether it was.
 */
export const FORGE_TABLES: RoomTables = {
  room: 'forges',
  migrations: [
    `CREATE TABLE deliveries (
       repository TEXT NOT NULL, key TEXT NOT NULL, received_at_ms INTEGER NOT NULL,
       PRIMARY KEY (repository, key)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX deliveries_by_age ON deliveries (received_at_ms);
     CREATE TABLE forge_events (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       repository TEXT NOT NULL, event TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0
     ) STRICT;
     CREATE TABLE statuses (
       job INTEGER PRIMARY KEY, state TEXT NOT NULL, reported INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX unreported_statuses ON statuses (job) WHERE reported = 0`,
  ],
};
