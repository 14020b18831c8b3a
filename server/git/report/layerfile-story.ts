import type { BuildEvent, BuildStarted, Miss, StepEnded } from '../../../runner/index.ts';

type LayerfileEvent = Extract<BuildEvent, { readonly layerfile: string }>;

/** The first step of a Layerfile that runs. */
export interface FirstRun {
  readonly step: number;
  readonly instruction: string;
  readonly miss: Miss | null;
}

/** What is known of one Layerfile of a run so far. */
export class LayerfileStory {
  readonly path: string;
  readonly needs: readonly string[];
  readonly #steps: number;
  readonly #outcomes = new Map<string, number>();
  #savedMs = 0;
  #firstRun: FirstRun | null = null;
  #failed: StepEnded | null = null;
  #doing = '';

  constructor({ layerfile, steps, split, needs = [] }: BuildStarted) {
    this.path = layerfile;
    this.needs = needs.map((need) => need.layerfile);
    this.#steps = split === undefined ? steps : split.step + split.copies * (steps - split.step);
  }

  take(event: LayerfileEvent): void {
    if (event.event === 'activity') this.#doing = event.text;
    if (event.event === 'start')
      this.#firstRun ??= { step: event.step, instruction: event.instruction, miss: event.miss ?? null };
    if (event.event !== 'step') return;
    this.#outcomes.set(event.outcome, this.count(event.outcome) + 1);
    this.#savedMs += event.savedMs ?? 0;
    if (event.outcome === 'failed') this.#failed ??= event;
  }

  count(outcome: StepEnded['outcome']): number {
    return this.#outcomes.get(outcome) ?? 0;
  }

  get firstRun(): FirstRun | null {
    return this.#firstRun;
  }

  get failed(): StepEnded | null {
    return this.#failed;
  }

  /** What is being done for it, in words; '' where nobody has said. */
  get doing(): string {
    return this.#doing;
  }

  get savedMs(): number {
    return this.#savedMs;
  }

  get hasEnded(): boolean {
    let ended = 0;
    for (const count of this.#outcomes.values()) ended += count;
    return ended >= this.#steps;
  }

  /** Whether all of it was restored, or is skipped as it says itself. */
  get isRestored(): boolean {
    const idle = this.count('restored') + this.count('skipped');
    return this.hasEnded && idle >= this.#steps && this.#firstRun === null && this.count('restored') > 0;
  }
}
