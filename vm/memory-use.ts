import { readFileSync } from 'node:fs';

/** What of the host's memory a process holds, MiB. */
export interface MemoryUse {
  readonly residentMib: number;
  /** Each page shared out among the processes that map it. */
  readonly proportionalMib: number;
}

/** Null where the process is gone, or may not be looked at. Source: proc_pid_smaps(5), which counts in KiB. */
export function memoryUseOf(pid: number): MemoryUse | null {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return { residentMib: mebibytes(rollup, 'Rss'), proportionalMib: mebibytes(rollup, 'Pss') };
  } catch {
    return null;
  }
}

function mebibytes(rollup: string, name: string): number {
  const kib = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? '0';
  return Math.round(Number(kib) / 102.4) / 10;
}
