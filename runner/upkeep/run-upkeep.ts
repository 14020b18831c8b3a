import {
  chooseDetachment,
  chooseEvictions,
  defaultBudgetBytes,
  type DetachmentPolicy,
  openStoreUpkeep,
  type SnapshotId,
  type StoreUpkeep,
  type SurveyedSnapshot,
} from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { STATE_FILES } from '../../vm/index.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { heavySnapshots, type IsHeavy, squashDetacher, type SquashState } from './squash-detacher.ts';
import { stampUpkeep } from './upkeep-due.ts';
import { tryUpkeepLock } from './upkeep-lock.ts';

/**
 * A snapshot that was not used for so long is packed: what changes from step to step after an hour, since it unpacks in no time; a
 * whole memory, which is what all snapshots of an image stand on and takes a second, after a week.
 */
const HOUR_MS = 3_600_000;
const COLD_AFTER_MS: readonly (readonly [ageMs: number, files: readonly string[]])[] = [
  [HOUR_MS, [STATE_FILES.memoryDelta, STATE_FILES.stream]],
  [7 * 24 * HOUR_MS, [STATE_FILES.memoryBase]],
];

/**
 * What stands on more is slower to restore: half as long again from 15 on, because QEMU opens each disk file twice. And longer
 * chains of disks read more slowly: a third of the speed at 25, a fifteenth at 100.
 */
export const LONGEST_CHAIN = 12;

export interface UpkeepOptions {
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  /** Snapshots may take this much; by default `defaultBudgetBytes`. */
  readonly keepBytes?: number | undefined;
  readonly signal: AbortSignal;
  /** Makes machine states stand on less; where it is missing, none are. */
  readonly squash?: SquashState | undefined;
  /** Tells which are worth it for the time that restoring them takes; where it is missing, none are. */
  readonly isHeavy?: IsHeavy | undefined;
  /** For tests. */
  readonly now?: () => number;
}

export type UpkeepResult = { readonly outcome: 'busy' } | ({ readonly outcome: 'done' } & UpkeepFigures);

export interface UpkeepFigures {
  /** Rewritten to stand on less. */
  readonly detached: number;
  readonly evicted: number;
  readonly evictedBytes: number;
  readonly packed: number;
  readonly packedBytes: number;
  /** What is left. */
  readonly storedBytes: number;
  readonly keepBytes: number;
}

/**
 * Keeps the store within its budget and its chains short, and packs what is cold. Builds go on meanwhile; killed at any
 * instant it leaves a sound store, and the next one goes on. `busy`: another process is at it.
 */
export async function runUpkeep(options: UpkeepOptions): Promise<UpkeepResult> {
  const { home, signal, now = Date.now, squash } = options;
  using lock = tryUpkeepLock(makePrivateFolder(home));
  if (lock === null) return { outcome: 'busy' };
  stampUpkeep(home);
  using upkeep = await openStoreUpkeep({ home, now });
  await upkeep.tidy();
  clearLeftovers(home, now());
  const storedBytes = upkeep.store.totalSizeBytes();
  const keepBytes = options.keepBytes ?? defaultBudgetBytes(home, storedBytes);
  const policy = { longestChain: LONGEST_CHAIN, isFreeing: storedBytes > keepBytes };
  const detached = squash === undefined ? 0 : await detachAll(upkeep, policy, { ...options, squash, now });
  const evicted = evictOver(upkeep, keepBytes, now());
  const packed = await packCold(upkeep, now(), signal);
  return {
    outcome: 'done',
    detached,
    evicted: evicted.length,
    evictedBytes: evicted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...packed,
    storedBytes: upkeep.store.totalSizeBytes(),
    keepBytes,
  };
}

async function detachAll(
  upkeep: StoreUpkeep,
  policy: Omit<DetachmentPolicy, 'heavy'>,
  { squash, isHeavy, now, signal }: UpkeepOptions & Required<Pick<UpkeepOptions, 'now'>> & { squash: SquashState },
): Promise<number> {
  const tried = new Set<SnapshotId>();
  let detached = 0;
  for (;;) {
    signal.throwIfAborted();
    const all = upkeep.survey();
    // Anew each time: what stands on a rewritten one has less of its own to restore.
    const heavy = isHeavy === undefined ? new Set<SnapshotId>() : await heavySnapshots(all, isHeavy);
    const next = chooseDetachment(all, { ...policy, heavy }, now(), tried);
    if (next === null) return detached;
    tried.add(next);
    const outcome = await unlessHindered(() => upkeep.detach(next, squashDetacher(squash), signal));
    if (outcome === 'full') return detached;
    if (outcome === 'detached') detached++;
  }
}

function evictOver(upkeep: StoreUpkeep, keepBytes: number, nowMs: number): readonly SurveyedSnapshot[] {
  const all = upkeep.survey();
  if (all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= keepBytes) return [];
  const removed = new Set(upkeep.store.remove(chooseEvictions(all, { keepBytes }, nowMs)).removed);
  return all.filter(({ id }) => removed.has(id));
}

async function packCold(
  upkeep: StoreUpkeep,
  nowMs: number,
  signal: AbortSignal,
): Promise<{ packed: number; packedBytes: number }> {
  const figures = { packed: 0, packedBytes: 0 };
  for (const snapshot of upkeep.survey()) {
    const files = COLD_AFTER_MS.flatMap(([ageMs, names]) => (nowMs - snapshot.usedAtMs > ageMs ? names : []));
    if (files.length === 0 || snapshot.isInUse) continue;
    signal.throwIfAborted();
    const freed = await unlessHindered(() => upkeep.pack(snapshot, files, signal));
    if (freed === 'full') break;
    if (freed === 'damaged') continue;
    figures.packed += freed > 0 ? 1 : 0;
    figures.packedBytes += freed;
  }
  return figures;
}

/**
 * On a full disk, what needs space before it frees some has to wait. What is damaged is for the run that meets it, or for
 * `layer snapshots verify`, to tell.
 */
async function unlessHindered<T>(work: () => Promise<T>): Promise<T | 'full' | 'damaged'> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof LayerError ? error.code : null;
    if (code === 'CACHE_FULL') return 'full';
    if (code === 'SNAPSHOT_DAMAGED') return 'damaged';
    throw error;
  }
}
