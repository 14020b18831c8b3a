import { type BuildStarted, missSentence, type StepEnded } from '../../runner/index.ts';
import { counted } from '../../util/counted.ts';
import type { LayerfileTally } from './layerfile-tally.ts';
import { instructionText } from './status-line.ts';

export interface PlanLine {
  /** Null where it stands for several steps. */
  readonly step: number | null;
  readonly text: string;
  /** In parentheses; empty where there is nothing to say. */
  readonly remark: string;
}

/** One step that would run, in all copies that would run it for the same reason. */
interface PlannedStep {
  readonly step: StepEnded;
  readonly reason: string;
  copies: number;
}

/** Steps that are told together: one that has something to say, or those that only follow from what is above them. */
interface PlannedRun {
  readonly follows: boolean;
  readonly steps: PlannedStep[];
}

/** Up to this many steps that follow from the one above are listed, more are counted. */
const LISTED_STEPS = 3;

/** What a plan says of one Layerfile among several: the steps that would run, with reasons. */
export function planLines({ build, wouldRun }: LayerfileTally): readonly PlanLine[] {
  return runsOf(byStep(wouldRun)).flatMap(({ follows, steps }): readonly PlanLine[] => {
    const lines = steps.map((each) => lineOf(each, build));
    const [first] = lines;
    if (first === undefined || !follows || steps.length <= LISTED_STEPS) return lines;
    return [{ step: null, text: `and ${counted(steps.length, 'step')} below`, remark: first.remark }];
  });
}

function byStep(steps: readonly StepEnded[]): readonly PlannedStep[] {
  const planned = new Map<string, PlannedStep>();
  for (const step of steps) {
    const reason = step.miss === null ? '' : missSentence(step.miss, step.step, step.instruction);
    const key = `${step.step} ${reason}`;
    const known = planned.get(key);
    if (known === undefined) planned.set(key, { step, reason, copies: 1 });
    else known.copies++;
  }
  return [...planned.values()].sort((a, b) => a.step.step - b.step.step);
}

function runsOf(steps: readonly PlannedStep[]): readonly PlannedRun[] {
  const runs: PlannedRun[] = [];
  for (const [index, each] of steps.entries()) {
    const follows = index > 0 && (isBlamedAbove(each.step) || steps[index - 1]?.reason === each.reason);
    const last = runs.at(-1);
    if (follows && last?.follows === true) last.steps.push(each);
    else runs.push({ follows, steps: [each] });
  }
  return runs;
}

/** Only what is above it makes the step run. */
function isBlamedAbove({ miss }: StepEnded): boolean {
  if (miss?.reason !== 'instruction') return false;
  return miss.was === undefined && miss.machine === undefined && miss.parent === undefined;
}

function lineOf({ step, reason, copies }: PlannedStep, { split }: BuildStarted): PlanLine {
  const texts = [reason, step.copy === undefined ? '' : copiesText(copies, split?.copies ?? copies)];
  const remark = texts.filter((text) => text !== '').join(', ');
  return { step: step.step, text: instructionText(step.instruction), remark: remark === '' ? '' : `(${remark})` };
}

function copiesText(copies: number, total: number): string {
  return copies === total ? `in all ${total} copies` : `in ${copies} of ${total} copies`;
}
