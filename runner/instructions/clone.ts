import type { CloneInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function clone(_context: StepContext, instruction: CloneInstruction): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
