import { hash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { ReadSet } from '../../fs-tracer/index.ts';
import { openSnapshotStore, type SnapshotId } from '../../snapshots/index.ts';
import { digestStep, strongFingerprint, weakFingerprint } from '../../snapshots/fingerprint.ts';
import { encodeDigests, encodePathSet } from '../../snapshots/read-set-codec.ts';
import { observedBy, stepOf, type Stored } from './stored-lineages.ts';

/** The read sets of the path sets in the workspace as it is now. */
export type Present = readonly ReadSet[];

/** Through the store, as a run does it: files, manifests, fsyncs. Returns the ids that the store gave. */
export async function publishAll(home: string, all: readonly Stored[], present: Present): Promise<void> {
  using store = openSnapshotStore({ home });
  const ids = new Map<SnapshotId, SnapshotId>();
  for (const stored of all) {
    const pending = store.begin();
    writeFileSync(join(pending.folder, 'state'), '');
    const parent = stored.parent === null ? null : (ids.get(stored.parent.id) ?? null);
    const { fields, label, history } = stepOf(stored.step);
    const snapshot = await store.publish(pending, {
      ...{ parent, dependsOn: [], steps: [fields], payload: null, label, durationMs: 1, history },
      observations: observationsOf(stored, present),
    });
    ids.set(stored.id, snapshot.id);
  }
}

/** How many of the newest snapshots of a key and path set an explanation reads. */
const READ_BY_EXPLANATIONS = 4;

/**
 * By SQL, into the same schema, in seconds instead of hours. What a look-up never reads is left out: the digests of all but the
 * newest few of each key and path set (an empty blob there: reading it would fail loudly). lookup.ts proves that plans
 * come out as with {@link publishAll}.
 */
export function fillAll(home: string, all: readonly Stored[], present: Present): void {
  openSnapshotStore({ home })[Symbol.dispose]();
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const pathSets = present.map(encodePathSet);
  const empty = pathSets.push(Buffer.alloc(0)) - 1;
  const insertSet = database.prepare('INSERT INTO path_set (id, sha256, body) VALUES (?, ?, ?)');
  for (const [index, body] of pathSets.entries()) insertSet.run(index + 1, hash('sha256', body), body);
  const insert =
    database.prepare(`INSERT INTO snapshot (seq, id, state, parent, weak, strong, path_set, size_bytes, duration_ms,
    created_at_ms, last_used_at_ms, label, payload, digests) VALUES (?, ?, 'live', ?, ?, ?, ?, 1, 1, ?, ?, ?, 'null', ?)`);
  const span = database.prepare('INSERT OR IGNORE INTO child_span VALUES (?, 1)');
  const keys = new Map<string, { readonly weak: string; readonly pathSet: number; newest: number; count: number }>();
  const keyOf = new Map<Stored, { newest: number }>();
  const digests = new Map<Stored, Buffer>();
  const rows = all.map((stored, index) => {
    const weak = weakFingerprint(stored.parent?.id ?? null, [digestStep(stepOf(stored.step).fields)]);
    const key = `${weak} ${stored.pathSet ?? empty}`;
    const known = keys.get(key) ?? { weak, pathSet: (stored.pathSet ?? empty) + 1, newest: 0, count: 0 };
    keys.set(key, known);
    keyOf.set(stored, known);
    for (let up: Stored | null = stored; up !== null; up = up.parent) {
      const above = keyOf.get(up);
      if (above !== undefined) above.newest = index + 1;
    }
    return { stored, weak, known };
  });
  for (const { stored, known } of rows.toReversed()) {
    const isRead = known.count++ < READ_BY_EXPLANATIONS && isReachable(stored);
    if (isRead || stored.differs === null) digests.set(stored, encodeDigests(observationsOf(stored, present)));
  }
  for (const [index, { stored, weak, known }] of rows.entries()) {
    const own = digests.get(stored);
    const body = pathSets[known.pathSet - 1] ?? Buffer.alloc(0);
    const strong =
      own === undefined ? randomBytes(32).toString('hex') : strongFingerprint({ pathSet: body, digests: own });
    const parent = stored.parent?.id ?? null;
    insert.run(
      ...[index + 1, stored.id, parent, weak, strong, known.pathSet],
      index,
      index,
      stepOf(stored.step).label,
      own ?? Buffer.alloc(0),
    );
    span.run(parent ?? '');
  }
  const insertKey = database.prepare('INSERT INTO weak_path_set (weak, path_set, newest_seq) VALUES (?, ?, ?)');
  for (const { weak, pathSet, newest } of keys.values()) insertKey.run(weak, pathSet, newest);
  const history = database.prepare(
    `INSERT OR REPLACE INTO step_history VALUES ('/bench', 'Layerfile', ?, ?, ?, ?, NULL)`,
  );
  for (const { stored, weak } of rows) history.run(String(stored.step), weak, stepOf(stored.step).label, stored.id);
  database.exec('COMMIT');
}

/** Whether a walk in the workspace as it is now, or with a file edited, comes to its key. */
function isReachable({ parent }: Stored): boolean {
  return parent === null || parent.differs === null;
}

function observationsOf(stored: Stored, present: Present): ReadSet {
  return stored.pathSet === null ? [] : observedBy(stored, present[stored.pathSet] ?? []);
}
