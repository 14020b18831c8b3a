import type { MachineRecord } from './run-record.ts';

/** How many machines there are from `atMs` on, and what memory their guests have together. */
export interface RunningMachines {
  readonly atMs: number;
  readonly running: number;
  readonly memoryMib: number;
}

/** Each change of it, in order of time, one for each moment. */
export function runningMachines(machines: readonly MachineRecord[]): readonly RunningMachines[] {
  const changes = machines.flatMap(({ startMs, endMs, memoryMib }) => [
    { atMs: startMs, count: 1, memoryMib },
    { atMs: endMs, count: -1, memoryMib: -memoryMib },
  ]);
  const moments = Map.groupBy(changes, ({ atMs }) => atMs);
  let [running, memoryMib] = [0, 0];
  return [...moments]
    .sort(([a], [b]) => a - b)
    .map(([atMs, atOnce]) => {
      for (const change of atOnce) {
        running += change.count;
        memoryMib += change.memoryMib;
      }
      return { atMs, running, memoryMib };
    });
}

export function mostAtOnce(machines: readonly MachineRecord[]): number {
  return Math.max(0, ...runningMachines(machines).map(({ running }) => running));
}
