import { join } from 'node:path';

import { asCacheError, isMissingFile } from './cache-errors.ts';
import { CacheIndex } from './cache-index.ts';
import type { Detacher } from './detacher.ts';
import { openSnapshotStore, type SnapshotStoreOptions } from './disk-store.ts';
import { packSnapshot } from './packing.ts';
import { mayBeAlive } from '../util/process-owner.ts';
import { rebuildIndex } from './rebuild.ts';
import { republish } from './republish.ts';
import { settleSnapshot } from './settle.ts';
import { withDependencies, withDependents } from './snapshot-rows.ts';
import type { Snapshot, SnapshotId } from './snapshot.ts';
import { number, text } from './sql-row.ts';
import type { Damage, SnapshotStore } from './store.ts';
import { type SurveyedSnapshot, surveySnapshots } from './survey.ts';
import { FileDigests } from './file-digests.ts';
import { damagesOf } from './verify.ts';
import { WorkingLease } from './working-lease.ts';

/** `in-use`: by a living process; `refused`: by the detacher; `gone`: removed meanwhile, or damaged. */
export type DetachOutcome = 'detached' | 'in-use' | 'refused' | 'gone';

/**
 * What is done to a store besides builds: one process at a time (the caller sees to that), beside any number of builds, and
 * killed at any instant without harm.
 */
export class StoreUpkeep implements Disposable {
  readonly store: SnapshotStore;
  readonly #index: CacheIndex;
  readonly #folder: string;
  readonly #now: () => number;

  constructor(options: SnapshotStoreOptions) {
    const { home, onWarning = () => undefined, now = Date.now } = options;
    this.store = openSnapshotStore(options);
    this.#folder = join(home, 'snapshots');
    this.#now = now;
    this.#index = new CacheIndex({
      path: join(home, 'index.sqlite'),
      fill: (session) => rebuildIndex(session, this.#folder),
      onWarning,
    });
  }

  /** All live snapshots in the order of their publication, with what listings and decisions go by. */
  survey(): readonly SurveyedSnapshot[] {
    return surveySnapshots(this.#index, (id) => join(this.#folder, id), this.#now());
  }

  /** Whether another living process is making a snapshot. */
  isAnyPending(): boolean {
    const rows = this.#index.read((session) => session.all('SELECT owner, started_at_ms FROM pending'));
    return rows.some((row) => mayBeAlive(text(row, 'owner'), this.#now() - number(row, 'started_at_ms')));
  }

  /** Finishes what was interrupted, removes what nothing knows, and measures what is there. Returns the removed folders' names. */
  async tidy(): Promise<readonly string[]> {
    const swept = this.store.sweep();
    for (const snapshot of this.store.list()) {
      await this.#guarded(snapshot, () => settleSnapshot(this.#index, snapshot, this.#now()));
    }
    return swept;
  }

  /** Packs those files of a snapshot that are among `names`; resolves to the bytes freed. */
  async pack(snapshot: Snapshot, names: readonly string[], signal: AbortSignal): Promise<number> {
    const pack = (): Promise<number> => packSnapshot(this.#index, snapshot, names, this.#now(), signal);
    return (await this.#guarded(snapshot, pack)) ?? 0;
  }

  /** Puts a snapshot on less (see {@link Detacher}); it keeps its id and place, and all that builds on it. */
  async detach(id: SnapshotId, detacher: Detacher, signal: AbortSignal): Promise<DetachOutcome> {
    const dependents = this.#dependentsOf(id);
    using lease = WorkingLease.take(this.#index, [id, ...dependents.map((each) => each.id)], this.#now());
    const snapshot = this.store.get(id);
    if (lease === null || snapshot === null) return 'gone';
    const foundations = this.#foundationsOf(id);
    const pending = this.store.begin();
    try {
      const { ok } = await this.store.unpack(id);
      if (!ok) return 'gone';
      const detached = await detacher({ snapshot, dependents, foundations, folder: pending.folder, signal });
      if (detached === null) return 'refused';
      const work = { snapshot, dependents, detached, scratch: pending.folder };
      return (await republish(lease, work, this.#now())) ? 'detached' : 'in-use';
    } catch (error) {
      throw asCacheError(error, snapshot.folder);
    } finally {
      this.store.discard(pending);
      for (const each of [id, ...dependents.map((dependent) => dependent.id)]) await this.#settle(each);
    }
  }

  /** Everything that is wrong with one snapshot's own files. Empty where it is gone. */
  async damages({ id }: Pick<Snapshot, 'id'>): Promise<readonly Damage[]> {
    using lease = this.store.lease([id]);
    const snapshot = this.store.get(id);
    if (lease === null || snapshot === null) return [];
    const damages: Damage[] = [];
    await this.#guarded(snapshot, async () => {
      for await (const damage of damagesOf(snapshot, new FileDigests(undefined))) damages.push(damage);
    });
    return damages;
  }

  #dependentsOf(id: SnapshotId): Snapshot[] {
    return this.#others(
      id,
      this.#index.read((session) => withDependents(session, [id])),
    );
  }

  #foundationsOf(id: SnapshotId): Snapshot[] {
    return this.#others(
      id,
      this.#index.read((session) => withDependencies(session, [id])),
    );
  }

  #others(id: SnapshotId, ids: readonly SnapshotId[]): Snapshot[] {
    const others = ids.filter((other) => other !== id);
    return others.map((other) => this.store.get(other)).filter((other) => other !== null);
  }

  async #settle(id: SnapshotId): Promise<void> {
    const snapshot = this.store.get(id);
    if (snapshot !== null) await this.#guarded(snapshot, () => settleSnapshot(this.#index, snapshot, this.#now()));
  }

  /** A snapshot that was dropped meanwhile is none of upkeep's business: null. */
  async #guarded<T>({ id, folder }: Snapshot, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (isMissingFile(error) && this.store.get(id) === null) return null;
      throw asCacheError(error, folder);
    }
  }

  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]();
    this.store[Symbol.dispose]();
  }
}
