import type { EnvNamesInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function setSecrets(_context: StepContext, instruction: EnvNamesInstruction): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
