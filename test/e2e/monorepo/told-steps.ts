import type { StepEnded, StepOutcome } from '../../../runner/index.ts';
import type { Run } from '../project.ts';

/** `e2e/Layerfile:6`, below a SPLIT `e2e/Layerfile:11 copy 1`. */
function stepName({ layerfile, step, copy }: StepEnded): string {
  return `${layerfile}:${step}${copy === undefined ? '' : ` copy ${copy}`}`;
}

/** The steps that ended in one of these ways, sorted by name. */
export function stepsThat(run: Run, ...outcomes: readonly StepOutcome[]): readonly string[] {
  return run.events
    .filter((event) => event.event === 'step')
    .filter(({ outcome }) => outcomes.includes(outcome))
    .map(stepName)
    .sort();
}

/** The steps that a plan since a commit says are affected, sorted by name. */
export function affectedSteps(run: Run): readonly string[] {
  return run.events
    .filter((event) => event.event === 'step')
    .filter(({ affected }) => affected === true)
    .map(stepName)
    .sort();
}

/** The services begin with the same steps, of which a run tells `ran` in one of them: all are one here. */
export function sharedAsOne(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.replace(SHARED, 'services/*/Layerfile:$1')))].sort();
}

/** COPY of the library, and its test. */
const SHARED = /^services\/\w+\/Layerfile:([23])$/;
