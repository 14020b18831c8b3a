import { readFileSync, readlinkSync } from 'node:fs';

import type { Brand } from './brand.ts';

/**
 * Names one process for good, as `BOOT NAMESPACE PID START`: the kernel's boot id, the PID namespace, the process id, and
 * the time the process started in clock ticks after boot (field 22 of /proc/PID/stat, see proc(5)). A PID alone is reused.
 */
export type ProcessOwner = Brand<string, 'ProcessOwner'>;

/** A process in another PID namespace (a container) cannot be looked at; after this it is taken for dead. */
const FOREIGN_LIMIT_MS = 24 * 3_600_000;

let current: ProcessOwner | undefined;

export function thisProcess(): ProcessOwner {
  current ??= [...surroundings(), process.pid, startTicks('self') ?? '0'].join(' ') as ProcessOwner;
  return current;
}

/** A process of this PID namespace that runs now; null where there is none of that id. */
export function processOwner(pid: number): ProcessOwner | null {
  const start = startTicks(String(pid));
  return start === null ? null : ([...surroundings(), pid, start].join(' ') as ProcessOwner);
}

/** Whether the process may still be alive, `ageMs` after it was written down. Never false for a living one we can see. */
export function mayBeAlive(owner: string, ageMs: number): boolean {
  const [boot, namespace, pid, start] = owner.split(' ');
  const [ourBoot, ourNamespace] = surroundings();
  if (boot !== ourBoot || pid === undefined) return false;
  if (namespace !== ourNamespace) return ageMs < FOREIGN_LIMIT_MS;
  return startTicks(pid) === start;
}

/** Its process id, in its own PID namespace. */
export function pidOf(owner: string): number {
  return Number(owner.split(' ')[2]);
}

function surroundings(): readonly [string, string] {
  return [readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(), readlinkSync('/proc/self/ns/pid')];
}

/** Null where there is no such process. Its name, field 2, may hold blanks and brackets: count from the last bracket. */
function startTicks(pid: string): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
