import type { BuildEvent, StepEnded } from '../../runner/index.ts';
import type { ButtonPlace, JobCounts } from '../jobs/job.ts';

/** What of a build's events its job is known by when it is over. */
export class BuildOutcome {
  #counts: JobCounts | null = null;
  readonly #waiting: ButtonPlace[] = [];

  event(event: BuildEvent): void {
    if (event.event === 'step' && event.waiting === true) this.#waiting.push(buttonOf(event));
    if (event.event !== 'result') return;
    const { restored, ran, failed, waiting, durationMs, savedMs } = event;
    this.#counts = { restored, ran, failed, waiting, durationMs, savedMs };
  }

  facts(): { readonly counts: JobCounts | null; readonly waiting: readonly ButtonPlace[] } {
    return { counts: this.#counts, waiting: this.#waiting };
  }
}

function buttonOf({ layerfile, copy, step }: StepEnded): ButtonPlace {
  return { layerfile, ...(copy === undefined ? {} : { copy }), step };
}
