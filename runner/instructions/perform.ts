import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';
import { copy } from './copy.ts';
import { setEnvironment, setWorkingDirectory } from './environment.ts';
import { run, runBackground } from './run.ts';

/** Does what an instruction says, in the session's machine. */
export async function perform(context: StepContext): Promise<StepResult> {
  const { instruction } = context.step;
  switch (instruction.kind) {
    case 'RUN':
      return run(context, instruction);
    case 'RUN BACKGROUND':
      return runBackground(context, instruction);
    case 'COPY':
      return copy(context, instruction);
    case 'ENV':
      return setEnvironment(context, instruction);
    case 'WORKDIR':
      return setWorkingDirectory(context, instruction);
    // These say something about the whole Layerfile, and are read before it runs.
    case 'MEMORY':
    case 'LABEL':
      return DONE;
    default:
      throw new Error(`Internal error: ${instruction.kind} was accepted but cannot be performed`);
  }
}
