import type { Instruction, Layerfile } from '../grammar/index.ts';
import type { StepFields } from '../snapshots/index.ts';

/** One instruction of a Layerfile, with its place in the build. */
export interface Step {
  /** From 1; FROM is 1. */
  readonly number: number;
  readonly instruction: Instruction;
}

/** Every instruction as a step. */
export function stepsOf(layerfile: Layerfile): readonly Step[] {
  // MEMORY may stand before FROM; the machine starts with FROM all the same.
  const from = layerfile.instructions.filter(({ kind }) => kind === 'FROM');
  const rest = layerfile.instructions.filter(({ kind }) => kind !== 'FROM');
  return [...from, ...rest].map((instruction, index) => ({ number: index + 1, instruction }));
}

/** What these say is read before the build begins, and is in other keys where it matters: rewording them changes nothing. */
const ASIDE = new Set<Instruction['kind']>(['MEMORY', 'LABEL', 'WAIT']);

/**
 * What is known of a step before it runs. The parent snapshot is in every key already, and with it environment, folder
 * and user; so the text is enough, with the values that come from outside (`values`), and a COPY's text means the same only
 * from the same folder.
 */
export function stepFields(step: Step, layerfilePath: string, values: StepFields): StepFields {
  const { kind, text } = step.instruction;
  if (ASIDE.has(kind)) return { instruction: kind };
  const folder = layerfilePath.slice(0, Math.max(0, layerfilePath.lastIndexOf('/')));
  return kind === 'COPY' ? { instruction: text, folder } : { ...values, instruction: text };
}

/** Whether the machine of `step` is the one that another Layerfile ended with. */
export function isFromLayerfile({ instruction }: Step): boolean {
  return instruction.kind === 'FROM' && instruction.source.kind === 'layerfile';
}
