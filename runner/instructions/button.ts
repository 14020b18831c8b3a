import type { ButtonInstruction } from '../../grammar/index.ts';
import type { BuildContext } from '../build-context.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, type EarlyEnd, type StepResult } from '../step-result.ts';
import type { Step } from '../step.ts';

/**
 * Goes on when a person says so, and is then a step like any other: an unchanged run does not ask again. Otherwise the
 * Layerfile ends here, and has not failed.
 */
export async function askForButton({ build, step }: StepContext, { message }: ButtonInstruction): Promise<StepResult> {
  const ends = nobodyToAsk(build, step);
  if (ends !== null) return { ok: true, exitCode: null, ends };
  if (build.isPressed !== undefined) return DONE;
  const { line } = step.instruction.range.start;
  const copy = build.copy === undefined ? {} : { copy: build.copy.index };
  const agreed = await build.askPerson?.({ layerfile: build.layerfile, ...copy, line, message }, build.signal);
  const why = `declined at line ${line}, where the run waits for a person: "${message}"`;
  return agreed === true ? DONE : { ok: true, exitCode: null, ends: { how: 'waiting', why } };
}

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
