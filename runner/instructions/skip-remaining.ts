import type { SkipInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function skipRemaining(_context: StepContext, instruction: SkipInstruction): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
