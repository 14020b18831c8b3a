import { printableLine, printableText } from '../../../util/printable-text.ts';
import { instructionText } from '../../reporters/status-line.ts';
import type { MachineRecord, Span, StepRecord } from '../run-record.ts';
import { why } from '../why.ts';
import type { Slice, TraceArguments, TraceEvent } from './trace-event.ts';
import { type ThreadName, threadId, type TracedPart } from './trace-threads.ts';

/** All that happened in one part: its steps with their saves, what was between them, its machines. */
export function slicesOf(traced: TracedPart, machines: readonly MachineRecord[]): readonly TraceEvent[] {
  const { pid, part } = traced;
  return [
    ...part.activities.map((span) =>
      slice(pid, 'between steps', span.activity, span, { text: printableLine(span.text) }),
    ),
    ...part.steps.flatMap((step) => stepEvents(pid, step)),
    ...machinesOf(traced, machines).map((machine) => slice(pid, 'machine', 'machine', machine, machineFacts(machine))),
  ];
}

/** Whole microseconds. */
export function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}

/** Its number and its text. */
function stepName({ ended }: StepRecord): string {
  return `${ended.step} ${instructionText(ended.instruction)}`;
}

function machinesOf({ layerfile, part }: TracedPart, machines: readonly MachineRecord[]): readonly MachineRecord[] {
  return machines.filter((machine) => machine.layerfile === layerfile.layerfile && machine.copy === part.copy);
}

/** What did not begin to run took no time. */
function stepEvents(pid: number, step: StepRecord): readonly TraceEvent[] {
  const { ended, startMs, endMs, saving } = step;
  const name = stepName(step);
  if (startMs === endMs) {
    const on = { pid, tid: threadId(pid, 'steps'), ts: microseconds(endMs) };
    return [{ ph: 'i', s: 't', name: `${ended.outcome}: ${name}`, cat: ended.outcome, ...on, args: stepFacts(step) }];
  }
  const savedBytes = { bytes: ended.snapshotBytes };
  return [
    slice(pid, 'steps', name, step, stepFacts(step), ended.outcome),
    ...(saving === null ? [] : [slice(pid, 'steps', 'save', saving, savedBytes)]),
  ];
}

function stepFacts({ ended }: StepRecord): TraceArguments {
  const { layerfile, line, instruction, outcome, exitCode, observed, snapshotBytes, savedMs, restoreMs, miss } = ended;
  return {
    outcome,
    why: why(ended),
    instruction: printableText(instruction),
    place: printableLine(`${layerfile}:${line}`),
    ...(miss === null ? {} : { miss }),
    ...(exitCode === null ? {} : { exitCode }),
    ...(observed === null ? {} : { observed }),
    ...(snapshotBytes === null ? {} : { bytes: snapshotBytes }),
    ...(savedMs === undefined ? {} : { savedMs }),
    ...(restoreMs === undefined ? {} : { restoreMs }),
  };
}

function machineFacts({ memoryMib, residentMib, proportionalMib }: MachineRecord): TraceArguments {
  return { memoryMib, residentMib, proportionalMib };
}

function slice(
  pid: number,
  thread: ThreadName,
  name: string,
  { startMs, endMs }: Span,
  args: TraceArguments,
  cat: string = name,
): Slice {
  const ts = microseconds(startMs);
  return { ph: 'X', name, cat, pid, tid: threadId(pid, thread), ts, dur: microseconds(endMs) - ts, args };
}
