import type { ButtonInstruction } from '../../grammar/index.ts';
import { nobodyToAsk } from '../nobody-to-ask.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';

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
