import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Ids of the running processes with `text` in their command line, this one excepted. */
export function processesNaming(text: string): readonly number[] {
  return processes().filter((pid) => pid !== process.pid && commandLine(pid).includes(text));
}

/** Ids of the running processes that work in `folder` (a path without symlinks) or below it. */
export function processesIn(folder: string): readonly number[] {
  return processes().filter((pid) => `${workingFolder(pid)}/`.startsWith(`${folder}/`));
}

/** Resolves to true when `holds`, to false when it still does not after `limitMs`. */
export async function becomesTrue(holds: () => boolean, limitMs = 10_000): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; ) {
    if (holds()) return true;
    await delay(10);
  }
  return holds();
}

/** True while the process runs: neither gone nor a zombie nobody has waited for yet. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function processes(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

/** Empty for a process that has ended. */
function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
