import type { BigIntStats } from 'node:fs';
import { readFileSync } from 'node:fs';

/** Longer than a tick of the clock that files are dated by (10 ms where the kernel has 100 a second). */
const FINE_TICK_MS = 30;
/** Some file systems know whole seconds only, or every second one. */
const COARSE_TICK_MS = 2100;

/** What is known by {@link fileVersion}, kept somewhere. It may be lost, and it may be shared with other kinds of names. */
export interface VersionMemo {
  get(version: string): string | undefined;
  set(version: string, digest: string): void;
}

let boot: string | undefined;

/**
 * Names what is in a file for as long as the system is up: by device, inode, size, and both times to the nanosecond. The
 * time of the last change (ctime) cannot be set back by whoever writes to the file, not even on purpose.
 */
export function fileVersion({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return `kept:${boot}:${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** Whether a write from now on would show: one in the tick of the last one would not. */
export function isSettled({ ctimeMs, ctimeNs }: BigIntStats): boolean {
  const tickMs = ctimeNs % 1_000_000_000n === 0n ? COARSE_TICK_MS : FINE_TICK_MS;
  return Date.now() - Number(ctimeMs) > tickMs;
}
