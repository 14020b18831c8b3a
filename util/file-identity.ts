import { lstatSync, type Stats } from 'node:fs';

/**
 * What changes when a file is written, replaced or has its mode changed: device, inode, size, mtime and ctime. Two writes
 * within one tick of the file system's clock can leave it the same: see {@link isRacilyClean}.
 */
export function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}

/** The identity of what is at `path`, '' where nothing is or it cannot be looked at. */
export function fileIdentity(path: string): string {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? '' : identityOf(stats);
  } catch {
    return '';
  }
}

/** Longer than the clock tick of any file system in use (FAT: 2 s). */
const TICK_MS = 2100;

/**
 * Whether a file was touched so lately that another write could leave its identity the same. Its digest must then not be
 * remembered (git calls this "racily clean", technical/racy-git).
 */
export function isRacilyClean(stats: Pick<Stats, 'mtimeMs' | 'ctimeMs'>, nowMs: number): boolean {
  return nowMs - Math.max(stats.mtimeMs, stats.ctimeMs) < TICK_MS;
}
