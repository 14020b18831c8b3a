import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the processes that work in this LAYER_HOME, or name a folder in their command line; this one excepted. */
export function processesIn(home: string, folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter(
      (pid) =>
        textOf(pid, 'environ').split('\0').includes(`LAYER_HOME=${home}`) || textOf(pid, 'cmdline').includes(folder),
    );
}

/** '' for a process that has ended, reaped or not. */
function textOf(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
