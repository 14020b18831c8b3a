import type { StepReport } from './step-report.ts';
import { whySkipped } from './skip-conditions.ts';
import type { Step } from './step.ts';
import type { StepValues } from './step-values.ts';

/** The SKIP REMAINING IF that ends a build, as is known before it begins. */
export interface KnownSkip {
  readonly step: Step;
  readonly why: string;
}

export interface CutSteps {
  /** What is left to restore or to run. */
  readonly steps: readonly Step[];
  readonly skip: KnownSkip | null;
}

/** Cuts the steps off at the first SKIP REMAINING IF that is known to hold: it and those below need no machine. */
export function cutAtSkip(steps: readonly Step[], values: StepValues): CutSteps {
  for (const [index, step] of steps.entries()) {
    const { instruction } = step;
    if (instruction.kind !== 'SKIP REMAINING IF' || values.verdict(instruction) !== 'skips') continue;
    return { steps: steps.slice(0, index), skip: { step, why: whySkipped(instruction) } };
  }
  return { steps, skip: null };
}

/** Reports the SKIP and all below it, if the build got that far. */
export function reportSkip(report: StepReport, { steps, skip }: CutSteps): void {
  if (skip !== null && report.hasDone(steps)) report.skipsRest(skip.step, skip.why);
}
