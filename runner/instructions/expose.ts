import type { ExposeTcpInstruction, ExposeWebsiteInstruction } from '../../grammar/index.ts';
import type { StepContext } from '../step-context.ts';
import { refuse, type StepResult } from '../step-result.ts';

export async function expose(
  _context: StepContext,
  instruction: ExposeWebsiteInstruction | ExposeTcpInstruction,
): Promise<StepResult> {
  return Promise.resolve(refuse(`${instruction.kind} is being built`));
}
