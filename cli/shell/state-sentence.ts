import type { ShellState } from '../../runner/index.ts';
import { formatAge } from '../age.ts';
import { printableLine } from '../printable-text.ts';
import { truncateEnd } from '../text-width.ts';

const INSTRUCTION_COLUMNS = 40;

/** Which machine a shell is in, and that nothing is kept: one line. */
export function stateSentence({ layerfile, kind, step, asked, createdAtMs }: ShellState, nowMs: number): string {
  const age = formatAge(nowMs - createdAtMs);
  const ago = age === 'now' ? 'just now' : `${age} ago`;
  const which = {
    restored: `after ${named(step)}`,
    failed: `as ${named(step)} left it when it failed ${ago}`,
    stale: `after ${named(step)}, as it ran ${ago}: its inputs have changed since`,
  }[kind];
  const instead = asked === null ? '' : `${named(asked)} has none of its own; `;
  return printableLine(`${instead}${layerfile} ${which}; nothing done here is kept`);
}

function named({ number, instruction }: ShellState['step']): string {
  const [firstLine = ''] = instruction.split('\n');
  return `step ${number} (${truncateEnd(printableLine(firstLine), INSTRUCTION_COLUMNS)})`;
}
