import { type Instruction, type Layerfile, resolveReference } from '../grammar/index.ts';
import type { StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';

/** One instruction of a Layerfile, with its place in the build. */
export interface Step {
  /** From 1; FROM is 1. */
  readonly number: number;
  readonly instruction: Instruction;
}

/** What the whole language has and this version cannot do: parsed, and refused by name. */
const UNSUPPORTED = new Set<Instruction['kind']>(['SPLIT', 'WAIT', 'ARTIFACT PUBLIC', 'AWS']);

/** Every instruction as a step. Throws `UNSUPPORTED_INSTRUCTION` with its place for one that cannot be run yet. */
export function stepsOf(layerfile: Layerfile): readonly Step[] {
  for (const { kind, range } of layerfile.instructions) {
    if (!UNSUPPORTED.has(kind)) continue;
    const place = `${layerfile.path}:${range.start.line}:${range.start.column}`;
    throw new LayerError('UNSUPPORTED_INSTRUCTION', `${place}: ${kind} is not supported by this version of Layer`, {
      hint: 'CHANGELOG.md lists what this version runs.',
    });
  }
  // MEMORY may stand before FROM; the machine starts with FROM all the same.
  const from = layerfile.instructions.filter(({ kind }) => kind === 'FROM');
  const rest = layerfile.instructions.filter(({ kind }) => kind !== 'FROM');
  return [...from, ...rest].map((instruction, index) => ({ number: index + 1, instruction }));
}

/** What these say is read before the build begins, and is in other keys where it matters: rewording them changes nothing. */
const ASIDE = new Set<Instruction['kind']>(['MEMORY', 'LABEL']);

/**
 * What is known of a step before it runs. The parent snapshot is in every key already, and with it environment, folder
 * and user; so the text is enough, with the values that come from outside (`values`). COPYs of the same files are the same from any folder.
 */
export function stepFields(step: Step, layerfilePath: string, values: StepFields): StepFields {
  const { instruction } = step;
  if (ASIDE.has(instruction.kind)) return { instruction: instruction.kind };
  if (instruction.kind !== 'COPY') return { ...values, instruction: instruction.text };
  const sources = instruction.sources.map(({ text }) => resolveReference(layerfilePath, text) ?? text);
  return { instruction: 'COPY', sources: JSON.stringify(sources), destination: instruction.destination.text };
}
