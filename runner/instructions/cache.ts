import type { PathsInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function provideCaches(_context: StepContext, instruction: PathsInstruction): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
