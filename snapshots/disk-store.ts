import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { ReadSet } from '../fs-tracer/index.ts';
import type { StepFields } from './fingerprint.ts';
import type { Flights } from './flights.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { faultPoint } from '../util/fault-point.ts';
import type { VersionMemo } from '../util/file-version.ts';
import { asCacheError, ignoringEnvironment, withCacheErrors } from './cache-errors.ts';
import { CacheIndex, type IndexSession } from './cache-index.ts';
import { explainMisses } from './explain.ts';
import { failedStateOf } from './failed-states.ts';
import { FileDigests } from './file-digests.ts';
import { historyRow, rememberRun } from './history-rows.ts';
import { DigestFailure } from './key-evaluator.ts';
import { deleteLease, insertLease, leasedSnapshots } from './lease-rows.ts';
import { lineageObservations, originPayload } from './lineage.ts';
import { differingKeys, type Reached, walkLineages } from './lookup.ts';
import { thisProcess } from '../util/process-owner.ts';
import { prepareSnapshot, revealSnapshot, weakOf } from './publish.ts';
import { rebuildIndex } from './rebuild.ts';
import { buryUnused, removeFolder } from './removal.ts';
import {
  bury,
  durationOf,
  liveSnapshot,
  liveSnapshots,
  newestSeq,
  ownObservations,
  type SnapshotRow,
  totalSizeBytes,
  weakOfSnapshot,
  withDependencies,
  withDependents,
} from './snapshot-rows.ts';
import { type HistoryKey, type JsonValue, newSnapshotId, type Snapshot, type SnapshotId } from './snapshot.ts';
import type {
  CacheHit,
  LookupRequest,
  LookupResult,
  PendingSnapshot,
  Publication,
  Removal,
  SnapshotStore,
  UnpublishableNote,
  Verification,
  VerifyOptions,
} from './store.ts';
import { sweepFolder } from './sweep.ts';
import { unpackSnapshot } from './unpacking.ts';
import { verifySnapshot } from './verify.ts';

export interface SnapshotStoreOptions {
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  /** Where digests of stored files are remembered; without it all files are read each time. */
  readonly digestMemo?: VersionMemo;
  /** Told what the user should know but need not mend, for example that a damaged index was rebuilt. */
  readonly onWarning?: (message: string) => void;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

/** Opens (and on first use creates) the store in `home`. Throws `CACHE_UNUSABLE`, `CACHE_FULL` or `CACHE_TOO_NEW`. */
export function openSnapshotStore(options: SnapshotStoreOptions): SnapshotStore {
  return new DiskStore(options);
}

/** When a snapshot was last used is written down at most this often: a run that restores all it needs writes nothing. */
const TOUCH_INTERVAL_MS = 60_000;

class DiskStore implements SnapshotStore {
  readonly #folder: string;
  readonly #index: CacheIndex;
  readonly #now: () => number;
  readonly #home: string;
  #flights: Promise<Flights> | undefined;
  readonly #digests: FileDigests;

  constructor({ home, digestMemo, onWarning = () => undefined, now = Date.now }: SnapshotStoreOptions) {
    this.#digests = new FileDigests(digestMemo);
    makePrivateFolder(home);
    this.#home = home;
    this.#folder = join(home, 'snapshots');
    this.#now = now;
    this.#index = new CacheIndex({
      path: join(home, 'index.sqlite'),
      fill: (session) => rebuildIndex(session, this.#folder),
      onWarning,
    });
  }

  findDeepest(request: LookupRequest): LookupResult {
    try {
      return this.#index.read((session) => {
        const walk = walkLineages(session, request);
        const row = walk.best === null ? null : liveSnapshot(session, walk.best.snapshot.id);
        const hit = row === null || walk.best === null ? null : this.#hit(row, walk.best);
        const misses = explainMisses(walk, request.steps);
        return { hit, misses, differing: differingKeys(walk), newestSeq: newestSeq(session) };
      });
    } catch (error) {
      throw error instanceof DigestFailure ? error.cause : error;
    }
  }

  newestSeq(): number {
    return this.#index.read(newestSeq);
  }

  async flights(): Promise<Flights> {
    this.#flights ??= import('./flights.ts').then(({ openFlights }) => openFlights(this.#home, this.#now));
    return this.#flights;
  }

  begin(): PendingSnapshot {
    const id = newSnapshotId();
    const folder = this.#folderOf(id);
    this.#index.write('relaxed', (session) =>
      session.run('INSERT INTO pending (id, owner, started_at_ms) VALUES (?, ?, ?)', id, thisProcess(), this.#now()),
    );
    faultPoint('begin:noted');
    withCacheErrors(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
    return { id, folder };
  }

  async publish(pending: PendingSnapshot, publication: Publication): Promise<Snapshot> {
    try {
      const prepared = await prepareSnapshot(pending, publication, this.#digests, this.#now());
      // Read in the same transaction: right after it, another process may evict it.
      const { row, replaced } = this.#index.write('durable', (session) => {
        const former = publication.failed === true ? failedStateOf(session, publication.history) : null;
        revealSnapshot(session, prepared);
        const replaced = former === null ? [] : buryUnused(session, [former], this.#now()).removed;
        return { row: liveSnapshot(session, pending.id), replaced };
      });
      faultPoint('publish:visible');
      ignoringEnvironment(() => this.#removeFolders(replaced));
      if (row === null) throw new Error('Internal error: a snapshot just published is not there');
      return this.#located(row);
    } catch (error) {
      throw asCacheError(error, pending.folder);
    }
  }

  discard({ id, folder }: PendingSnapshot): void {
    ignoringEnvironment(() => {
      // A transaction that makes it visible may have failed after it was written, and would come back to life with the next
      // process. Another one that is written puts an end to that (SQLite writes no row that stays as it was); before, no file may go.
      const touched = this.#index.write('relaxed', (session) =>
        session.run('UPDATE pending SET started_at_ms = started_at_ms + 1 WHERE id = ?', id),
      );
      if (touched === 0) return;
      removeFolder(folder);
      faultPoint('discard:files-removed');
      this.#index.write('relaxed', (session) => session.run('DELETE FROM pending WHERE id = ?', id));
    });
  }

  noteUnpublishable(note: UnpublishableNote): void {
    const run = { weak: weakOf(note), label: note.label, snapshot: null, unpublishable: note.paths };
    this.#index.write('relaxed', (session) => rememberRun(session, note.history, run));
  }

  get(id: SnapshotId): Snapshot | null {
    const row = this.#index.read((session) => liveSnapshot(session, id));
    return row === null ? null : this.#located(row);
  }

  observations(id: SnapshotId): ReadSet {
    return this.#index.read((session) => ownObservations(session, id)) ?? [];
  }

  lineageObservations(id: SnapshotId): ReadSet | null {
    return this.#index.read((session) => lineageObservations(session, id));
  }

  lastRun(key: HistoryKey, parent: SnapshotId, steps: readonly StepFields[]): Snapshot | null {
    const row = this.#index.read((session) => {
      const last = historyRow(session, key)?.snapshot ?? null;
      // The history's own fingerprint is that of the last run, which need not be the one that left the snapshot.
      return last === null || weakOfSnapshot(session, last) !== weakOf({ parent, steps })
        ? null
        : liveSnapshot(session, last);
    });
    return row === null ? null : this.#located(row);
  }

  lastLeft(key: HistoryKey): Snapshot | null {
    return this.#liveOne((session) => historyRow(session, key)?.snapshot ?? null);
  }

  failedState(key: HistoryKey): Snapshot | null {
    return this.#liveOne((session) => failedStateOf(session, key));
  }

  dropFailedState(key: HistoryKey): void {
    ignoringEnvironment(() => {
      const failed = this.failedState(key);
      if (failed !== null) this.remove([failed.id]);
    });
  }

  lastDurationMs(key: HistoryKey): number | null {
    return this.#index.read((session) => durationOf(session, historyRow(session, key)?.snapshot ?? null));
  }

  originPayload(key: HistoryKey): JsonValue | null {
    return this.#index.read((session) => {
      const last = historyRow(session, key)?.snapshot ?? null;
      return last === null ? null : originPayload(session, last);
    });
  }

  originPayloadOf(id: SnapshotId): JsonValue | null {
    return this.#index.read((session) => originPayload(session, id));
  }

  list(): readonly Snapshot[] {
    return this.#index.read(liveSnapshots).map((row) => this.#located(row));
  }

  totalSizeBytes(): number {
    return this.#index.read(totalSizeBytes);
  }

  lease(ids: readonly SnapshotId[]): Disposable | null {
    const lease = this.#index.write('relaxed', (session) => insertLease(session, ids, this.#now()));
    if (lease === null) return null;
    return {
      [Symbol.dispose]: () =>
        ignoringEnvironment(() => this.#index.write('relaxed', (session) => deleteLease(session, lease))),
    };
  }

  touch(ids: readonly SnapshotId[]): void {
    const now = this.#now();
    const stale = this.#index.read((session) =>
      ids.filter((id) => (liveSnapshot(session, id)?.lastUsedAtMs ?? now) < now - TOUCH_INTERVAL_MS),
    );
    if (stale.length === 0) return;
    this.#index.write('relaxed', (session) => {
      for (const id of stale)
        session.run('UPDATE snapshot SET last_used_at_ms = ?, hits = hits + 1 WHERE id = ?', now, id);
    });
  }

  async verify(id: SnapshotId, { trustUntouched = false }: VerifyOptions = {}): Promise<Verification> {
    const digests = trustUntouched ? this.#digests : new FileDigests(undefined);
    for (const needed of this.#index.read((session) => withDependencies(session, [id]))) {
      const verification = await this.#verifyOne(needed, digests);
      if (verification === null) return { ok: false, damaged: id, file: needed, why: 'is no longer there' };
      if (!verification.ok) return verification;
    }
    return { ok: true };
  }

  /** Null where it is no longer there: what another process is just removing looks damaged. */
  async #verifyOne(id: SnapshotId, digests: FileDigests): Promise<Verification | null> {
    const snapshot = this.get(id);
    if (snapshot === null) return null;
    const verification = await verifySnapshot(snapshot, digests).catch((error: unknown) => {
      throw asCacheError(error, snapshot.folder);
    });
    return verification.ok || this.get(id) !== null ? verification : null;
  }

  async unpack(id: SnapshotId): Promise<Verification> {
    for (const needed of this.#index.read((session) => withDependencies(session, [id]))) {
      const snapshot = this.get(needed);
      const unpacked: Verification = snapshot === null ? { ok: true } : await this.#unpackOne(snapshot);
      if (!unpacked.ok) return unpacked;
    }
    return { ok: true };
  }

  async #unpackOne(snapshot: Snapshot): Promise<Verification> {
    return unpackSnapshot(snapshot).catch((error: unknown) => {
      throw asCacheError(error, snapshot.folder);
    });
  }

  forget(id: SnapshotId): readonly SnapshotId[] {
    const { buried, unused } = this.#index.write('durable', (session) => {
      const buried = bury(session, withDependents(session, [id]), 'damaged', this.#now());
      const leased = leasedSnapshots(session, this.#now());
      return { buried, unused: buried.filter((each) => !leased.has(each)) };
    });
    this.#removeFolders(unused);
    return buried;
  }

  remove(ids: readonly SnapshotId[]): Removal {
    const removal = this.#index.write('durable', (session) => buryUnused(session, ids, this.#now()));
    faultPoint('evict:buried');
    this.#removeFolders(removal.removed);
    return removal;
  }

  sweep(): readonly string[] {
    withCacheErrors(this.#folder, () => mkdirSync(this.#folder, { recursive: true, mode: 0o700 }));
    return sweepFolder(this.#index, this.#folder, this.#now());
  }

  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]();
    void this.#flights?.then((flights) => flights[Symbol.dispose]());
  }

  #liveOne(find: (session: IndexSession) => SnapshotId | null): Snapshot | null {
    const row = this.#index.read((session) => {
      const id = find(session);
      return id === null ? null : liveSnapshot(session, id);
    });
    return row === null ? null : this.#located(row);
  }

  #folderOf(id: SnapshotId): string {
    return join(this.#folder, id);
  }

  #located(row: SnapshotRow): Snapshot {
    return { ...row, folder: this.#folderOf(row.id) };
  }

  #hit(row: SnapshotRow, best: Reached): CacheHit {
    const lineage = new Array<SnapshotId | null>(best.upTo).fill(null);
    for (let reached: Reached | null = best; reached !== null; reached = reached.before) {
      if (reached.snapshot.live) lineage[reached.upTo - 1] = reached.snapshot.id;
    }
    return { snapshot: this.#located(row), restoredSteps: best.upTo, lineage };
  }

  #removeFolders(ids: readonly SnapshotId[]): void {
    for (const id of ids) removeFolder(this.#folderOf(id));
  }
}
