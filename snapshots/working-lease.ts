import { ignoringEnvironment } from './cache-errors.ts';
import type { CacheIndex, IndexSession } from './cache-index.ts';
import { deleteLease, insertLease, leasedSnapshots } from './lease-rows.ts';
import type { SnapshotId } from './snapshot.ts';
import { isLive } from './snapshot-rows.ts';

/**
 * A lease of upkeep itself, under which it gets something ready to change in place. The change is made in the transaction
 * that ends the lease, and only where nobody else has leased any of the snapshots: a lease is taken by a write, so none can
 * begin before that transaction is over.
 */
export class WorkingLease implements Disposable {
  readonly #index: CacheIndex;
  readonly #ids: readonly SnapshotId[];
  readonly #lease: string;

  private constructor(index: CacheIndex, ids: readonly SnapshotId[], lease: string) {
    this.#index = index;
    this.#ids = ids;
    this.#lease = lease;
  }

  /** Null where one of them is gone. */
  static take(index: CacheIndex, ids: readonly SnapshotId[], nowMs: number): WorkingLease | null {
    const lease = index.write('relaxed', (session) => insertLease(session, ids, nowMs));
    return lease === null ? null : new WorkingLease(index, ids, lease);
  }

  /**
   * Runs `change` in one durable transaction where all of them are live and nobody else uses them; else returns false. It may
   * run twice (see CacheIndex) and may be undone after it changed files, so it must allow for both.
   */
  changeUnlessUsed(nowMs: number, change: (session: IndexSession) => void): boolean {
    return this.#index.write('durable', (session) => {
      deleteLease(session, this.#lease);
      const leased = leasedSnapshots(session, nowMs);
      if (this.#ids.some((id) => leased.has(id) || !isLive(session, id))) return false;
      change(session);
      return true;
    });
  }

  [Symbol.dispose](): void {
    ignoringEnvironment(() => this.#index.write('relaxed', (session) => deleteLease(session, this.#lease)));
  }
}
