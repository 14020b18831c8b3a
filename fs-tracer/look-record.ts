import { lstatSync } from 'node:fs';

import { isAbsence } from './absence.ts';
import { isRacilyClean } from '../util/file-identity.ts';
import type { HostPath } from './host-path.ts';

/**
 * What one look at a path tells, as {@link RECORD_DOUBLES} doubles: mode, device, inode, size, mtime and ctime in ms since the
 * epoch, as `lstatSync` and fs-tracer/host/look.c both give them. Mode 0: nothing is there. Mode -1: it cannot be looked at.
 *
 * A double tells times apart that are 0.25 us apart, and the kernel's clock ticks at most every few us. That is fine enough,
 * because what changed within TICK_MS of a look is not kept at all: see `isRacilyClean`.
 */
export const RECORD_DOUBLES = 6;
export const RECORD_BYTES = RECORD_DOUBLES * 8;

const NOTHING = 0;
const FAILED = -1;

const TYPE_BITS = 0o170000;
const FOLDER_BITS = 0o040000;

/** Writes the record of what is at `path` to `records[index]`. */
export function lookInto(records: Float64Array, index: number, path: HostPath): void {
  const at = index * RECORD_DOUBLES;
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) records.fill(NOTHING, at, at + RECORD_DOUBLES);
    else records.set([stats.mode, stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs], at);
  } catch (error) {
    records.fill(0, at, at + RECORD_DOUBLES);
    records[at] = isAbsence(error) ? NOTHING : FAILED;
  }
}

/** Whether two looks saw the same thing in the same state. */
export function isSame(some: Float64Array, others: Float64Array, index: number): boolean {
  const at = index * RECORD_DOUBLES;
  if (some[at] === FAILED) return false;
  for (let offset = at; offset < at + RECORD_DOUBLES; offset++) if (some[offset] !== others[offset]) return false;
  return true;
}

export function recordIn(records: Float64Array, index: number): Float64Array {
  return records.subarray(index * RECORD_DOUBLES, (index + 1) * RECORD_DOUBLES);
}

export function isFolderIn(records: Float64Array, index: number): boolean {
  return ((records[index * RECORD_DOUBLES] ?? 0) & TYPE_BITS) === FOLDER_BITS;
}

export function deviceIn(records: Float64Array, index: number): number {
  return records[index * RECORD_DOUBLES + 1] ?? 0;
}

/** Makes a record equal to none, not even to itself. What type of thing it is stays known. */
export function distrust(records: Float64Array, index: number): void {
  records[index * RECORD_DOUBLES + 5] = NaN;
}

/** Whether the thing was changed so shortly before `lookedAtMs` that a change after that look might not show. */
export function isUnsettled(records: Float64Array, index: number, lookedAtMs: number): boolean {
  const at = index * RECORD_DOUBLES;
  if (records[at] === NOTHING || records[at] === FAILED) return records[at] === FAILED;
  return isRacilyClean({ mtimeMs: records[at + 4] ?? 0, ctimeMs: records[at + 5] ?? 0 }, lookedAtMs);
}
