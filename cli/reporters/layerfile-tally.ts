import type { BuildStarted, StepEnded, StepOutcome } from '../../runner/index.ts';
import { type LayerfileOutcome, OutcomeCounts } from './outcome-counts.ts';
import type { PartPlace } from './part-key.ts';

interface Part {
  /** How many steps are left. */
  left: number;
  tookMs: number;
}

/** Counts what became of one Layerfile's steps, in all copies, and says when it is done and why it ran. */
export class LayerfileTally {
  readonly build: BuildStarted;
  /** Of its steps. */
  readonly counts = new OutcomeCounts();
  /** By copy; what is above a SPLIT under `null`. */
  readonly #parts = new Map<number | null, Part>();
  readonly #failed: StepEnded[] = [];
  readonly #wouldRun: StepEnded[] = [];
  #firstRun: StepEnded | null = null;
  #left: number;
  #waits = false;
  #skips = false;
  /** The instruction that ended last, and was not skipped. */
  #above: string | null = null;

  constructor(build: BuildStarted) {
    this.build = build;
    const { split, steps } = build;
    this.#left = split === undefined ? steps : split.step + (steps - split.step) * split.copies;
  }

  get isDone(): boolean {
    return this.#left <= 0;
  }

  /** The step, in the order of the text, that was first not to be restored. */
  get firstRun(): StepEnded | null {
    return this.#firstRun;
  }

  get failed(): readonly StepEnded[] {
    return this.#failed;
  }

  get wouldRun(): readonly StepEnded[] {
    return this.#wouldRun;
  }

  get outcome(): LayerfileOutcome {
    const { counts } = this;
    if (counts.of('failed') > 0) return 'failed';
    if (counts.of('cancelled') > 0) return 'cancelled';
    if (!this.isDone) return 'pending';
    if (this.#waits) return 'waiting';
    if (counts.of('skipped') > 0 && !this.#skips) return 'skipped';
    if (counts.of('would-run') > 0) return 'would-run';
    return counts.of('ran') > 0 ? 'ran' : 'restored';
  }

  /** What its steps took, of copies the longest. */
  get tookMs(): number {
    const ofCopies = [...this.#parts].map(([copy, { tookMs }]) => (copy === null ? 0 : tookMs));
    return (this.#parts.get(null)?.tookMs ?? 0) + Math.max(0, ...ofCopies);
  }

  take(step: StepEnded): void {
    this.#left--;
    this.counts.add(step.outcome);
    const part = this.#part(step);
    part.left--;
    part.tookMs += step.durationMs;
    if (step.waiting === true) this.#waits = true;
    if (step.outcome === 'failed') this.#failed.push(step);
    if (step.outcome === 'would-run') this.#wouldRun.push(step);
    if (step.outcome === 'skipped' && this.#above !== null && SKIP.test(this.#above)) this.#skips = true;
    if (step.outcome !== 'skipped') this.#above = step.instruction;
    if (DONE_ANEW.has(step.outcome) && step.step < (this.#firstRun?.step ?? Infinity)) this.#firstRun = step;
  }

  /** Whether no step of it (below a SPLIT: of that copy) is left. */
  isPartDone(place: PartPlace): boolean {
    return this.#part(place).left <= 0;
  }

  #part({ copy }: PartPlace): Part {
    const key = copy ?? null;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const { steps, split } = this.build;
    const above = split?.step ?? steps;
    const part = { left: key === null ? above : steps - above, tookMs: 0 };
    this.#parts.set(key, part);
    return part;
  }
}

/** Below one that was done, steps may be skipped in a Layerfile that has succeeded. */
const SKIP = /^SKIP REMAINING IF\b/i;

const DONE_ANEW: ReadonlySet<StepOutcome> = new Set(['ran', 'failed', 'would-run']);
