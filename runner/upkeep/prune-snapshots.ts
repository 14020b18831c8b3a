import {
  chooseEvictions,
  defaultBudgetBytes,
  type EvictionPolicy,
  openStoreUpkeep,
  type SnapshotId,
  type StoreUpkeep,
  type SurveyedSnapshot,
} from '../../snapshots/index.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { type ListedSnapshot, listed } from './list-snapshots.ts';
import { type PrunedImages, pruneImages } from './prune-images.ts';
import { upkeepLock } from './upkeep-lock.ts';

export interface PruneOptions {
  readonly home: string;
  /** Remove every snapshot; the other limits do not count then. */
  readonly all: boolean;
  /** Keep at most this much; by default what upkeep keeps, but no limit where `olderThanMs` is given. */
  readonly keepBytes?: number | undefined;
  /** What upkeep keeps where nobody says otherwise. */
  readonly budgetBytes?: number | undefined;
  /** Remove what was not used for longer than this. */
  readonly olderThanMs?: number | undefined;
  /** Base images that nothing lies on any more, too. */
  readonly images: boolean;
  /** Only say what would go. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly now?: () => number;
}

export interface PruneResult {
  readonly removed: readonly ListedSnapshot[];
  /** Would have gone, but a living process uses them. */
  readonly inUse: readonly ListedSnapshot[];
  /** All that stay, those in use included. */
  readonly keptCount: number;
  readonly keptBytes: number;
  /** The limit that was kept to; null where there was none. */
  readonly keepBytes: number | null;
  /** Null where nobody asked for them. */
  readonly images: PrunedImages | null;
}

/** Removes snapshots, and what interrupted processes left; waits for upkeep that is under way. */
export async function pruneSnapshots(options: PruneOptions): Promise<PruneResult> {
  const { home, dryRun, signal, now = Date.now } = options;
  using _alone = dryRun ? null : await upkeepLock(makePrivateFolder(home), signal);
  using upkeep = await openStoreUpkeep({ home: makePrivateFolder(home), now });
  if (!dryRun) {
    await upkeep.tidy();
    clearLeftovers(home, now());
  }
  const all = upkeep.survey();
  const policy = policyOf(options, all);
  const chosen = new Set(chooseEvictions(all, policy, now()));
  const removed = dryRun ? wouldGo(all, chosen) : remove(upkeep, chosen);
  const staying = all.filter(({ id }) => !removed.has(id));
  return {
    removed: all.filter(({ id }) => removed.has(id)).map(listed),
    inUse: staying.filter(({ id }) => chosen.has(id)).map(listed),
    keptCount: staying.length,
    keptBytes: staying.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    keepBytes: policy.keepBytes ?? null,
    images: options.images ? pruneImages(home, upkeep, removed, dryRun) : null,
  };
}

function policyOf(options: PruneOptions, all: readonly SurveyedSnapshot[]): EvictionPolicy {
  const { keepBytes, olderThanMs, budgetBytes, home } = options;
  if (options.all) return {};
  if (olderThanMs !== undefined) return { olderThanMs, ...(keepBytes === undefined ? {} : { keepBytes }) };
  const stored = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { keepBytes: keepBytes ?? budgetBytes ?? defaultBudgetBytes(home, stored) };
}

function remove(upkeep: StoreUpkeep, chosen: ReadonlySet<SnapshotId>): ReadonlySet<SnapshotId> {
  return new Set(upkeep.store.remove([...chosen]).removed);
}

/** A lease is one on all that is needed as well, so nothing that stays needs one that goes. */
function wouldGo(all: readonly SurveyedSnapshot[], chosen: ReadonlySet<SnapshotId>): ReadonlySet<SnapshotId> {
  return new Set(all.filter(({ id, isInUse }) => chosen.has(id) && !isInUse).map(({ id }) => id));
}
