import { statfsSync } from 'node:fs';

import { deviceIn, isUnsettled } from './look-record.ts';
import type { LookIndex, LookTable } from './look-table.ts';

/** File systems whose folders are dated when names in them change: linux/magic.h, and ZFS and bcachefs. */
const DATED_FOLDERS: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0xf2f52010, 0x2fc12fc1, 0xca451a4e,
]);

/**
 * Tells, for an entry of a table as it was looked at, whether what was found out about it may be relied on as long as its record is
 * the same (LookMemory says why).
 */
export function settledLooks(
  table: LookTable,
  rootFolder: string,
  lookedAtMs: number,
): (index: LookIndex, now: Float64Array) => boolean {
  const root = table.add('');
  const trustsFolders = DATED_FOLDERS.has(statfsSync(rootFolder).type);
  const moved = new Map<LookIndex, boolean>([[-1, false]]);
  const hasMoved = (folder: LookIndex): boolean => {
    const known = moved.get(folder);
    if (known !== undefined) return known;
    const isMoved = table.isChangedSince(folder) || hasMoved(table.parentOf(folder));
    moved.set(folder, isMoved);
    return isMoved;
  };
  return (index, now) => {
    if (isUnsettled(now, index, lookedAtMs) || hasMoved(table.parentOf(index))) return false;
    return !table.isFolder(index) || (trustsFolders && deviceIn(now, index) === deviceIn(now, root));
  };
}
