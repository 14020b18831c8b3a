import type { ButtonInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';

/**
 * Goes on when a person says so, and is then a step like any other: an unchanged run does not ask again. Otherwise the
 * Layerfile ends here, and has not failed.
 */
export async function askForButton(context: StepContext, { message }: ButtonInstruction): Promise<StepResult> {
  const { askPerson, layerfile, signal } = context.build;
  const { line } = context.step.instruction.range.start;
  if (askPerson === undefined) return waiting(`the run waits at line ${line} for a person: "${message}"`);
  const agreed = await askPerson({ layerfile, line, message }, signal);
  return agreed ? DONE : waiting(`declined at line ${line}, where the run waits for a person: "${message}"`);
}

function waiting(why: string): StepResult {
  return { ok: true, exitCode: null, ends: { how: 'waiting', why } };
}
