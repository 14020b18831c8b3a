import type { StepRecord } from '../run-record.ts';
import type { TraceEvent } from './trace-event.ts';
import { microseconds } from './trace-slices.ts';
import { threadId, type TracedPart } from './trace-threads.ts';

/** Arrows from the end of what a part needs to its own beginning, where both ran something: FROM, WAIT, and SPLIT. */
export function flowsOf(parts: readonly TracedPart[]): readonly TraceEvent[] {
  const arrows = parts.flatMap((child) => needsOf(child, parts).map(({ kind, parent }) => ({ kind, parent, child })));
  return arrows.flatMap(({ kind, parent, child }, index): readonly TraceEvent[] => {
    const from = parent.part.steps.findLast(tookTime);
    const to = child.part.steps.find(tookTime);
    if (from === undefined || to === undefined) return [];
    const both = { name: kind, cat: 'needs', id: index + 1 };
    // Inside of the slice, not at its end: an arrow begins in the slice that goes on at that moment.
    const leaves = Math.max(microseconds(from.startMs), microseconds(from.endMs) - 1);
    const [tail, head] = [threadId(parent.pid, 'steps'), threadId(child.pid, 'steps')];
    return [
      { ph: 's', ...both, pid: parent.pid, tid: tail, ts: leaves },
      { ph: 'f', bp: 'e', ...both, pid: child.pid, tid: head, ts: microseconds(to.startMs) },
    ];
  });
}

interface NeededPart {
  readonly kind: 'FROM' | 'WAIT' | 'SPLIT';
  readonly parent: TracedPart;
}

/** A copy goes on from what stands above its SPLIT; everything else from all parts of the Layerfiles that it needs. */
function needsOf({ layerfile, part }: TracedPart, parts: readonly TracedPart[]): readonly NeededPart[] {
  if (part.copy !== null) {
    const trunk = parts.find((other) => other.layerfile === layerfile && other.part.copy === null);
    if (trunk !== undefined) return [{ kind: 'SPLIT', parent: trunk }];
  }
  return layerfile.needs.flatMap(({ kind, layerfile: needed }) =>
    parts.filter((other) => other.layerfile.layerfile === needed).map((parent) => ({ kind, parent })),
  );
}

function tookTime({ startMs, endMs }: StepRecord): boolean {
  return endMs > startMs;
}
