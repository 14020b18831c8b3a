import type { ShellState } from '../../runner/index.ts';
import { formatAge } from '../age.ts';
import { printableLine } from '../../util/printable-text.ts';
import { truncateEnd, widthOf } from '../text-width.ts';

/** A shorter piece of an instruction tells nobody anything. */
const LEAST_COLUMNS = 12;
/** Of ` ()` around it. */
const BRACKETS = 3;

/** Which machine a shell is in, and that nothing is kept: one line, with as much of the instruction as fits into `columns`. */
export function stateSentence(state: ShellState, columns: number, nowMs: number): string {
  const [before, after] = around(state, nowMs);
  const room = columns - widthOf(before) - widthOf(after) - BRACKETS;
  const [firstLine = ''] = state.step.instruction.split('\n');
  const instruction = room < LEAST_COLUMNS ? '' : ` (${truncateEnd(printableLine(firstLine), room)})`;
  return `${before}${instruction}${after}`;
}

/** What stands before and after the instruction. */
function around({ layerfile, kind, step, asked, createdAtMs }: ShellState, nowMs: number): readonly [string, string] {
  const path = printableLine(layerfile);
  const instead = asked === null ? path : `${path}: step ${asked.number} left no machine; this is`;
  const age = formatAge(nowMs - createdAtMs);
  const ago = age === 'now' ? 'just now' : `${age} ago`;
  switch (kind) {
    case 'restored':
      return [`${instead} after step ${step.number}`, '; nothing is kept'];
    case 'failed':
      return [`${instead} as step ${step.number}`, ` failed ${ago}; nothing is kept`];
    case 'stale':
      return [`${instead} after step ${step.number}`, `, run ${ago}, inputs changed since; nothing is kept`];
  }
}
