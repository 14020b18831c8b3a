import type { RunRecord } from '../run-record.ts';
import { runningMachines } from '../running-machines.ts';
import type { TraceEvent, TraceFile } from './trace-event.ts';
import { flowsOf } from './trace-flows.ts';
import { microseconds, slicesOf } from './trace-slices.ts';
import { namesOf, RUN_PROCESS, tracedParts } from './trace-threads.ts';

/** A run as a trace: a process for each part, with threads for its steps, what was between them, and its machine. */
export function chromeTrace(record: RunRecord, version: string): TraceFile {
  const parts = tracedParts(record);
  const slices = parts.flatMap((part) => slicesOf(part, record.machines));
  return {
    traceEvents: [...namesOf(parts), ...slices, ...flowsOf(parts), ...counters(record)],
    displayTimeUnit: 'ms',
    otherData: {
      layer: version,
      started: new Date(record.startedAtMs).toISOString(),
      outcome: record.result?.outcome ?? 'none',
    },
  };
}

/** Text of the file; an event a line, so that it can be read and compared. */
export function traceText({ traceEvents, ...about }: TraceFile): string {
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  return `{"traceEvents":[\n${events}\n],${JSON.stringify(about).slice(1)}\n`;
}

function counters({ machines }: RunRecord): readonly TraceEvent[] {
  const on = { ph: 'C', cat: 'machines', pid: RUN_PROCESS, tid: RUN_PROCESS * 10 } as const;
  return runningMachines(machines).flatMap(({ atMs, running, memoryMib }): readonly TraceEvent[] => [
    { ...on, name: 'machines running', ts: microseconds(atMs), args: { machines: running } },
    { ...on, name: 'memory of machines (MiB)', ts: microseconds(atMs), args: { memory: memoryMib } },
  ]);
}
