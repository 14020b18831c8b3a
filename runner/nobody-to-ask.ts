import type { BuildContext } from './build-context.ts';
import type { EarlyEnd } from './step-result.ts';
import type { Step } from './step.ts';

/** How a BUTTON ends where there is nobody to press it: known without a machine. Null for any other step. */
export function nobodyToAsk(build: BuildContext, step: Step): EarlyEnd | null {
  const { instruction } = step;
  if (instruction.kind !== 'BUTTON' || mayBePressed(build, step)) return null;
  const why = `the run waits at line ${instruction.range.start.line} for a person: "${instruction.message}"`;
  return { how: 'waiting', why };
}

function mayBePressed({ askPerson, isPressed, layerfile, copy }: BuildContext, { number }: Step): boolean {
  if (isPressed === undefined) return askPerson !== undefined;
  return isPressed({ layerfile, ...(copy === undefined ? {} : { copy: copy.index }), step: number });
}
