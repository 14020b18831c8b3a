import type { EnvNamesInstruction } from '../../grammar/index.ts';
import { warn } from '../build-context.ts';
import { environmentText } from '../command-text.ts';
import { ENVIRONMENT } from '../guest-layout.ts';
import type { StepContext } from '../step-context.ts';
import type { StepResult } from '../step-result.ts';

/** Every later command finds the run's values of these variables; one without a value is unset, whatever ENV said above. */
export async function setBuildEnvironment(context: StepContext, instruction: EnvNamesInstruction): Promise<StepResult> {
  const { build, step } = context;
  const assigned = build.values.assigned(instruction);
  for (const [name, value] of assigned) {
    if (value !== undefined) continue;
    warn(
      build,
      `${name} has no value in this run, and is unset; \`--build-env ${name}=VALUE\` gives it one`,
      step.number,
    );
  }
  return context.run(`cat >> ${ENVIRONMENT}`, Buffer.from(environmentText(assigned)));
}
