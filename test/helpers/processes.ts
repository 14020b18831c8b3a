import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Ids of the running processes with `text` in their command line, this one excepted. */
export function processesNaming(text: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && commandLine(pid).includes(text));
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

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
