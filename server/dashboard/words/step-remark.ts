import type { StepView } from '../model/part.ts';
import { savedText } from './counts.ts';
import { missText } from './miss.ts';
import { printable } from './printable.ts';

/** How a step ended, and why: `restored, saved 3 m 12 s`, `ran, because package.json changed`, `failed, exit code 1`. */
export function stepRemark({ number, state, instruction, ended, miss }: StepView): string {
  const because = miss === null ? '' : `because ${missText(miss, number, instruction ?? '')}`;
  if (state === 'pending') return 'not yet';
  if (state === 'waiting') return 'waits for a person';
  if (ended === null) return joined(state, state === 'running' ? because : '');
  switch (ended.outcome) {
    case 'restored':
      return joined('restored', savedText(ended.savedMs ?? 0));
    case 'ran':
      return joined('ran', because);
    case 'failed':
      return joined('failed', ended.exitCode === null ? '' : `exit code ${ended.exitCode}`);
    case 'cancelled':
    case 'skipped':
    case 'would-run':
      return state;
  }
}

/** What a BUTTON asks. */
export function buttonMessage(instruction: string): string {
  return printable(instruction.replace(/^BUTTON\s*/i, '')) || 'Go on?';
}

function joined(word: string, more: string): string {
  return more === '' ? word : `${word}, ${more}`;
}
