import type { ButtonInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function askForButton(_context: StepContext, instruction: ButtonInstruction): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
