import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { defaultBudgetBytes, openSnapshotStore } from '../../snapshots/index.ts';
import { asStorageError } from '../../util/storage-error.ts';

/** An empty file in `LAYER_HOME` whose modification time says when upkeep began last. */
const STAMP_FILE = 'upkeep.stamp';
const EVERY_MS = 3_600_000;
/** Where all that is over the budget is in use, there is nothing to do about it. */
const AT_MOST_EVERY_MS = 60_000;

export interface UpkeepDueOptions {
  readonly home: string;
  /** Snapshots may take this much; by default `defaultBudgetBytes`. */
  readonly keepBytes?: number | undefined;
  readonly nowMs?: number;
}

/** Whether upkeep has anything to do, told cheaply: one look at a file, one question to the index. */
export function isUpkeepDue({ home, keepBytes, nowMs = Date.now() }: UpkeepDueOptions): boolean {
  const lastMs = statSync(join(home, STAMP_FILE), { throwIfNoEntry: false })?.mtimeMs;
  // In a new home the hour begins now.
  if (lastMs === undefined) stampUpkeep(home);
  const sinceMs = lastMs === undefined ? AT_MOST_EVERY_MS : nowMs - lastMs;
  if (sinceMs >= EVERY_MS) return true;
  if (sinceMs < AT_MOST_EVERY_MS) return false;
  using store = openSnapshotStore({ home });
  const storedBytes = store.totalSizeBytes();
  return storedBytes > (keepBytes ?? defaultBudgetBytes(home, storedBytes));
}

/** Says that upkeep begins now. Throws `CACHE_FULL` or `CACHE_UNUSABLE`. */
export function stampUpkeep(home: string): void {
  try {
    writeFileSync(join(home, STAMP_FILE), '', { mode: 0o600 });
  } catch (error) {
    throw asStorageError(error, home);
  }
}
