import type { RoomTables } from '../database.ts';

/**
 * `jobs`: a row each. `cancelling`: why it is being cancelled, while its run still ends. `next_cause`: why the next run begins; of a job that is
 * running, that there will be one. `resumptions`: how many runs in a row a killed server has cut off. `said`: what words of a search are
 * looked for in, and `said_lower` the same in lower case.
 * `runs`: `worker` names its process (util/process-owner.ts).
 * `known_refs`: what of each ref has become a job (git compares its refs with this when the server starts).
 */
export const JOB_TABLES: RoomTables = {
  room: 'jobs',
  migrations: [
    `CREATE TABLE jobs (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       repository TEXT NOT NULL, ref TEXT NOT NULL, branch TEXT NOT NULL, commit_id TEXT NOT NULL,
       title TEXT NOT NULL, author TEXT NOT NULL, pushed_by TEXT NOT NULL, pushed_at_ms INTEGER NOT NULL,
       trust TEXT NOT NULL, priority INTEGER NOT NULL, paths TEXT NOT NULL,
       state TEXT NOT NULL, reason TEXT, runs INTEGER NOT NULL DEFAULT 0,
       started_at_ms INTEGER, ended_at_ms INTEGER, counts TEXT, waiting TEXT NOT NULL DEFAULT '[]',
       pressed TEXT NOT NULL DEFAULT '[]', cancelling TEXT, next_cause TEXT, resumptions INTEGER NOT NULL DEFAULT 0,
       said TEXT NOT NULL, said_lower TEXT NOT NULL
     ) STRICT;
     CREATE INDEX unfinished_jobs ON jobs (id) WHERE state IN ('queued', 'running');
     CREATE INDEX jobs_of_refs ON jobs (repository, ref, id);
     CREATE TABLE runs (
       job INTEGER NOT NULL REFERENCES jobs, number INTEGER NOT NULL, cause TEXT NOT NULL,
       started_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, outcome TEXT, worker TEXT,
       PRIMARY KEY (job, number)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE known_refs (
       repository TEXT NOT NULL, ref TEXT NOT NULL, commit_id TEXT NOT NULL,
       PRIMARY KEY (repository, ref)
     ) STRICT, WITHOUT ROWID`,
  ],
};
