import { LayerError } from '../../util/layer-error.ts';
import type { Step } from '../step.ts';

/** Which step of a Layerfile is meant, and below a SPLIT in which copy. */
export interface WantedStep {
  /** Null: the last one. */
  readonly step: Step | null;
  /** From 0. */
  readonly copy: number;
}

const NUMBERED = /^(\d+)(?:#(\d+))?$/;

/**
 * `typed`: a number from 1 (`5#1`: of the second copy below a SPLIT), or how an instruction begins; null: the last step. Throws `USAGE`
 * where no step is meant, or several are.
 */
export function wantedStep(typed: string | null, steps: readonly Step[], layerfile: string): WantedStep {
  if (typed === null) return { step: null, copy: 0 };
  const [, number, copy = '0'] = NUMBERED.exec(typed) ?? [];
  const fitting = steps.filter((step) =>
    number === undefined ? step.instruction.text.startsWith(typed) : step.number === Number(number),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { step: only, copy: Number(copy) };
  if (only !== undefined) throw severalSteps(typed, fitting, layerfile);
  throw new LayerError('USAGE', `No step of ${layerfile} is \`${typed}\``, {
    hint: `STEP is a number from 1 (FROM) to ${steps.length}, or how an instruction begins.`,
  });
}

function severalSteps(typed: string, fitting: readonly Step[], layerfile: string): LayerError {
  const numbers = fitting.map(({ number }) => number).join(', ');
  return new LayerError('USAGE', `Several steps of ${layerfile} begin with \`${typed}\`: ${numbers}`, {
    hint: 'Name one by its number.',
  });
}
