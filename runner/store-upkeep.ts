import type { ListOptions, SnapshotList } from './upkeep/list-snapshots.ts';
import type { PruneOptions, PruneResult } from './upkeep/prune-snapshots.ts';
import type { UpkeepOptions, UpkeepResult } from './upkeep/run-upkeep.ts';
import type { UpkeepDueOptions } from './upkeep/upkeep-due.ts';
import type { SnapshotCheck, VerifyOptions } from './upkeep/verify-snapshots.ts';

export type { ListedSnapshot, SnapshotList } from './upkeep/list-snapshots.ts';
export type { PrunedImage, PrunedImages } from './upkeep/prune-images.ts';
export type { PruneOptions, PruneResult } from './upkeep/prune-snapshots.ts';
export type { UpkeepOptions, UpkeepResult } from './upkeep/run-upkeep.ts';
export type { DamagedFile, SnapshotCheck } from './upkeep/verify-snapshots.ts';

/** See `upkeep/upkeep-due.ts`. What is here is loaded when it is called: no build needs it. */
export async function isUpkeepDue(options: UpkeepDueOptions): Promise<boolean> {
  const due = await import('./upkeep/upkeep-due.ts');
  return due.isUpkeepDue(options);
}

/** See `upkeep/run-upkeep.ts`. */
export async function runUpkeep(options: UpkeepOptions): Promise<UpkeepResult> {
  const [upkeep, { qemuSquasher }] = await Promise.all([import('./upkeep/run-upkeep.ts'), import('../vm/index.ts')]);
  return upkeep.runUpkeep({
    squash: async (...request) => qemuSquasher.squash(...request),
    isHeavy: async (state) => qemuSquasher.isHeavy(state),
    ...options,
  });
}

/** See `upkeep/list-snapshots.ts`. */
export async function listSnapshots(options: ListOptions): Promise<SnapshotList> {
  const listing = await import('./upkeep/list-snapshots.ts');
  return listing.listSnapshots(options);
}

/** See `upkeep/verify-snapshots.ts`. */
export async function verifySnapshots(options: VerifyOptions): Promise<SnapshotCheck> {
  const verifying = await import('./upkeep/verify-snapshots.ts');
  return verifying.verifySnapshots(options);
}

/** See `upkeep/prune-snapshots.ts`. */
export async function pruneSnapshots(options: PruneOptions): Promise<PruneResult> {
  const pruning = await import('./upkeep/prune-snapshots.ts');
  return pruning.pruneSnapshots(options);
}
