/**
 * The index, `index.sqlite` in LAYER_HOME: SQLite in WAL mode, `user_version` = {@link SCHEMA_VERSION}.
 *
 * It says which snapshots are visible; everything about them can be rebuilt from the manifests on disk, except histories of
 * removed ones. A newer version is refused, never touched.
 *
 * - `snapshot`: one row for each snapshot ever published and not yet forgotten. `state` is `live`; or `evicted` or `damaged`,
 *   a tombstone: its files are gone (or about to go), but its key still explains misses, and still carries the keys of its
 *   children. `seq` grows with each publication, so a greater one is newer. `digests` belongs to the row's path set.
 *   `hits` (since version 3): how often it was restored; uses within a minute of each other count as one.
 * - `path_set`: the distinct path sets, found by their sha-256 (form: read-set-codec.ts).
 * - `weak_path_set`: which path sets occur under a weak fingerprint; few rows however many snapshots there are. `newest_seq` is the
 *   greatest `seq` of a snapshot with that key, or below one in its lineage (since version 2): no newer one can be found there.
 * - `child_span`: over how many steps the children of a snapshot ('' at the start of a lineage) reach: as a rule just 1.
 *   `weak` is '' for a failed state: it has no key, and no row in `weak_path_set` or `child_span`, so no look-up comes to it.
 * - `failed_state` (since version 4): the newest machine that a failing step left, of each step. Its row in `snapshot` goes
 *   with the sweep that removes its files: it explains nothing.
 * - `dependency`: a snapshot's files need those of another.
 * - `step_history`: what the last run of a step left behind, or why it could leave nothing (`unpublishable`: JSON paths).
 * - `lease`, `pending`: what living processes use and make; `owner` as in process-owner.ts.
 *
 * Keys are indexed so that a look-up reads a bounded number of rows. The bulky columns come last, so that SQLite reads the
 * others without following overflow pages.
 */
export const SCHEMA_VERSION = 4;

const FAILED_STATE = `
CREATE TABLE failed_state (
  workspace TEXT NOT NULL,
  layerfile TEXT NOT NULL,
  step TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  PRIMARY KEY (workspace, layerfile, step)
) STRICT, WITHOUT ROWID;
`;

export const SCHEMA = `
CREATE TABLE path_set (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE snapshot (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('live', 'evicted', 'damaged')),
  parent TEXT,
  weak TEXT NOT NULL,
  strong TEXT NOT NULL,
  path_set INTEGER NOT NULL REFERENCES path_set (id),
  size_bytes INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_used_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER,
  hits INTEGER NOT NULL DEFAULT 0,
  label TEXT NOT NULL,
  payload TEXT NOT NULL,
  digests BLOB NOT NULL
) STRICT;
CREATE INDEX snapshot_key ON snapshot (weak, strong, state);
CREATE INDEX snapshot_candidate ON snapshot (path_set, weak);
CREATE INDEX snapshot_parent ON snapshot (parent);

CREATE TABLE weak_path_set (
  weak TEXT NOT NULL,
  path_set INTEGER NOT NULL,
  newest_seq INTEGER NOT NULL,
  PRIMARY KEY (weak, path_set)
) STRICT, WITHOUT ROWID;

CREATE TABLE child_span (
  parent TEXT NOT NULL,
  span INTEGER NOT NULL,
  PRIMARY KEY (parent, span)
) STRICT, WITHOUT ROWID;

CREATE TABLE dependency (
  snapshot TEXT NOT NULL,
  needs TEXT NOT NULL,
  PRIMARY KEY (snapshot, needs)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependency_needs ON dependency (needs);

CREATE TABLE step_history (
  workspace TEXT NOT NULL,
  layerfile TEXT NOT NULL,
  step TEXT NOT NULL,
  weak TEXT NOT NULL,
  label TEXT NOT NULL,
  snapshot TEXT,
  unpublishable TEXT,
  PRIMARY KEY (workspace, layerfile, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  id TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  owner TEXT NOT NULL,
  taken_at_ms INTEGER NOT NULL,
  PRIMARY KEY (id, snapshot)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
${FAILED_STATE}`;

/** What makes an index of each older version one of the next. */
export const UPGRADES: Readonly<Record<number, string>> = {
  1: `
WITH RECURSIVE above (id, seq) AS (
  SELECT id, seq FROM snapshot
  UNION SELECT snapshot.parent, above.seq FROM above JOIN snapshot ON snapshot.id = above.id
    WHERE snapshot.parent IS NOT NULL),
newest (weak, path_set, seq) AS (
  SELECT weak, path_set, max(above.seq) FROM above JOIN snapshot ON snapshot.id = above.id GROUP BY weak, path_set)
UPDATE weak_path_set SET newest_seq = newest.seq FROM newest
  WHERE newest.weak = weak_path_set.weak AND newest.path_set = weak_path_set.path_set;
`,
  2: 'ALTER TABLE snapshot ADD COLUMN hits INTEGER NOT NULL DEFAULT 0',
  3: FAILED_STATE,
};
