import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';
import { setBuildEnvironment } from './build-env.ts';
import { askForButton } from './button.ts';
import { provideCaches } from './cache.ts';
import { clone } from './clone.ts';
import { copy } from './copy.ts';
import { setEnvironment, setWorkingDirectory } from './environment.ts';
import { expose } from './expose.ts';
import { run, runBackground } from './run.ts';
import { setSecrets } from './secret-env.ts';
import { skipRemaining } from './skip-remaining.ts';
import { addSetupFiles, setUser } from './user.ts';

/** Does what an instruction says, in the session's machine. */
export async function perform(context: StepContext): Promise<StepResult> {
  const { instruction } = context.step;
  switch (instruction.kind) {
    // What makes RUN REPEATABLE repeatable is the machine it runs in (build.ts).
    case 'RUN':
    case 'RUN REPEATABLE':
      return run(context, instruction);
    case 'RUN BACKGROUND':
      return runBackground(context, instruction);
    case 'COPY':
      return copy(context, instruction);
    case 'CLONE':
      return clone(context, instruction);
    case 'ENV':
      return setEnvironment(context, instruction);
    case 'BUILD ENV':
      return setBuildEnvironment(context, instruction);
    case 'SECRET ENV':
      return setSecrets(context, instruction);
    case 'CACHE':
      return provideCaches(context, instruction);
    case 'WORKDIR':
      return setWorkingDirectory(context, instruction);
    case 'USER':
      return setUser(context, instruction);
    case 'SETUP FILE':
      return addSetupFiles(context, instruction);
    case 'SKIP REMAINING IF':
      return skipRemaining(context, instruction);
    case 'BUTTON':
      return askForButton(context, instruction);
    case 'EXPOSE WEBSITE':
    case 'EXPOSE TCP':
      return expose(context, instruction);
    // The build takes the snapshots (snapshot-policy.ts).
    case 'CHECKPOINT':
    // These say something about the whole Layerfile, and are read before it runs.
    case 'MEMORY':
    case 'LABEL':
    // The graph says what comes when, and in how many machines (graph/).
    case 'WAIT':
    case 'SPLIT':
      return DONE;
    default:
      throw new Error(`Internal error: ${instruction.kind} was accepted but cannot be performed`);
  }
}
