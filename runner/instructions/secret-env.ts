import type { EnvNamesInstruction } from '../../grammar/index.ts';
import { environmentText } from '../command-text.ts';
import { ENVIRONMENT } from '../guest-layout.ts';
import type { StepContext } from '../step-context.ts';
import type { StepResult } from '../step-result.ts';

/**
 * Every later command finds these secrets. They come in by the command's input, so that no process has them among its
 * arguments, into a file that from here on only root and root's group read: commands run as such (USER). ENV may write
 * copies of them into the same file.
 */
export async function setSecrets(context: StepContext, instruction: EnvNamesInstruction): Promise<StepResult> {
  const { build, session } = context;
  const assigned = build.values.assigned(instruction);
  const names = assigned.map(([name]) => name);
  build.mask.learn(names);
  // Also where that fails half way: the machine that is kept then has seen them.
  const secrets = [...new Set([...session.lineage.secrets, ...names])];
  session.lineage = { ...session.lineage, secrets };
  return context.run(`chmod o= ${ENVIRONMENT} && cat >> ${ENVIRONMENT}`, Buffer.from(environmentText(assigned)));
}
