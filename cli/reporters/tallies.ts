import type { BuildStarted, StepEnded } from '../../runner/index.ts';
import { LayerfileTally } from './layerfile-tally.ts';
import { OutcomeCounts } from './outcome-counts.ts';

/** What became of all Layerfiles. */
export class Tallies {
  readonly #tallies = new Map<string, LayerfileTally>();

  learn(build: BuildStarted): void {
    this.#tallies.set(build.layerfile, new LayerfileTally(build));
  }

  /** The tally that the step was added to; undefined for a Layerfile that nobody told of. */
  take(step: StepEnded): LayerfileTally | undefined {
    const tally = this.#tallies.get(step.layerfile);
    tally?.take(step);
    return tally;
  }

  get(layerfile: string): LayerfileTally | undefined {
    return this.#tallies.get(layerfile);
  }

  get all(): readonly LayerfileTally[] {
    return [...this.#tallies.values()];
  }

  /** Of all steps of all Layerfiles. */
  get steps(): OutcomeCounts {
    const steps = new OutcomeCounts();
    for (const { counts } of this.#tallies.values()) steps.addAll(counts);
    return steps;
  }

  /**
   * The Layerfile for want of which this one was not built: the one that failed, where that is known, however far up. Null
   * where nothing that it needs is to blame.
   */
  blockerOf(layerfile: string): string | null {
    for (const need of this.#tallies.get(layerfile)?.build.needs ?? []) {
      const outcome = this.#tallies.get(need.layerfile)?.outcome ?? 'pending';
      if (outcome === 'failed' || outcome === 'cancelled' || outcome === 'waiting') return need.layerfile;
      const above = outcome === 'skipped' ? this.blockerOf(need.layerfile) : null;
      if (above !== null) return above;
    }
    return null;
  }
}
