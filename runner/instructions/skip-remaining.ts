import type { SkipInstruction } from '../../grammar/index.ts';
import { asUser, enter } from '../command-text.ts';
import type { StepContext } from '../step-context.ts';
import { DONE, type StepResult } from '../step-result.ts';
import { whySkipped } from '../skip-conditions.ts';

/**
 * Only a SKIP that asks for what the guest knows comes here as an open question: values that ENV left to the guest's shell.
 * One that is known to hold is cut off before anything runs (cut-at-skip.ts).
 */
export async function skipRemaining(context: StepContext, instruction: SkipInstruction): Promise<StepResult> {
  const { build, session } = context;
  const keys = build.values.unknownKeys(instruction);
  if (build.values.verdict(instruction) !== 'asks') return DONE;
  const { lineage } = session;
  const values = new Map<string, string>();
  // What a login profile prints is none of the answers.
  const script = `{ ${enter(lineage)}; } >/dev/null && printf '%s\\0' ${keys.map((key) => `"\${${key}-}"`).join(' ')}`;
  const result = await context.capture(asUser(lineage, script), (text) => {
    for (const [index, value] of text.split('\0').entries()) values.set(keys[index] ?? '', value);
  });
  if (!result.ok || build.values.verdictWith(instruction, values) !== 'skips') return result;
  return { ok: true, exitCode: null, ends: { how: 'skipped', why: whySkipped(instruction) } };
}
