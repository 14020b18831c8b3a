import { missSentence, type StepEnded } from '../../runner/index.ts';
import { formatDuration } from '../../util/duration.ts';

/** Less than what a person notices is not worth telling. */
const NOTICED_MS = 100;

/** Why a step ended as it did: `because package.json changed`, `saved 3 m 12 s`, `exit code 3`; empty where there is nothing to say. */
export function why(step: StepEnded): string {
  switch (step.outcome) {
    case 'restored':
      return (step.savedMs ?? 0) < NOTICED_MS ? '' : `saved ${formatDuration(step.savedMs ?? 0)}`;
    case 'skipped':
      return step.waiting === true ? 'waits for a person' : '';
    case 'failed':
      return [step.exitCode === null ? '' : `exit code ${step.exitCode}`, whyItRan(step)].filter(Boolean).join('; ');
    case 'ran':
    case 'would-run':
    case 'cancelled':
      return whyItRan(step);
  }
}

function whyItRan({ miss, step, instruction }: StepEnded): string {
  if (miss === null) return '';
  const sentence = missSentence(miss, step, instruction);
  return miss.reason === 'new' || miss.reason === 'forced' ? sentence : `because ${sentence}`;
}
