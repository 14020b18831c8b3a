import { printableLine } from '../../../util/printable-text.ts';
import { partName } from '../part-name.ts';
import type { LayerfileRecord, PartRecord, RunRecord } from '../run-record.ts';
import type { TraceEvent } from './trace-event.ts';

/** The process of the run as a whole. Not 0, which Perfetto takes for the kernel's idle task. */
export const RUN_PROCESS = 1;

/** In the order in which they are shown. */
const THREADS = ['steps', 'between steps', 'machine'] as const;

export type ThreadName = (typeof THREADS)[number];

/** A part as a process of the trace. */
export interface TracedPart {
  readonly layerfile: LayerfileRecord;
  readonly part: PartRecord;
  readonly pid: number;
}

export function tracedParts({ layerfiles }: RunRecord): readonly TracedPart[] {
  return layerfiles
    .flatMap((layerfile) => layerfile.parts.map((part) => ({ layerfile, part })))
    .map((traced, index) => ({ ...traced, pid: RUN_PROCESS + 1 + index }));
}

/** Unique in the whole trace: programs that read it tell threads apart by this number alone. */
export function threadId(pid: number, thread: ThreadName): number {
  return pid * 10 + THREADS.indexOf(thread);
}

/** What names the processes and their threads. */
export function namesOf(parts: readonly TracedPart[]): readonly TraceEvent[] {
  return [
    ...processNames(RUN_PROCESS, 'layer run'),
    ...parts.flatMap(({ layerfile, part, pid }) => [
      ...processNames(pid, printableLine(partName(layerfile, part))),
      ...THREADS.flatMap((thread) => threadNames(pid, thread)),
    ]),
  ];
}

function processNames(pid: number, name: string): readonly TraceEvent[] {
  return [
    { ph: 'M', name: 'process_name', pid, tid: pid * 10, args: { name } },
    { ph: 'M', name: 'process_sort_index', pid, tid: pid * 10, args: { sort_index: pid } },
  ];
}

function threadNames(pid: number, thread: ThreadName): readonly TraceEvent[] {
  const tid = threadId(pid, thread);
  return [
    { ph: 'M', name: 'thread_name', pid, tid, args: { name: thread } },
    { ph: 'M', name: 'thread_sort_index', pid, tid, args: { sort_index: THREADS.indexOf(thread) } },
  ];
}
