import type { StepOutcome } from '../../runner/index.ts';

/**
 * How a whole Layerfile ended: as its steps, or `waiting` at a BUTTON, or `pending`: not yet. One is `skipped` where none of it
 * was begun, or what was left of it was not.
 */
export type LayerfileOutcome = StepOutcome | 'waiting' | 'pending';

/** How many ended how. */
export class OutcomeCounts {
  readonly #counts = new Map<LayerfileOutcome, number>();

  add(outcome: LayerfileOutcome, count = 1): void {
    this.#counts.set(outcome, this.of(outcome) + count);
  }

  of(outcome: LayerfileOutcome): number {
    return this.#counts.get(outcome) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether all ended alike. */
  get areAlike(): boolean {
    return this.#counts.size === 1;
  }

  addAll(others: OutcomeCounts): void {
    for (const [outcome, count] of others.#counts) this.add(outcome, count);
  }

  /** `3 restored, 2 ran`; empty where there is none. */
  get text(): string {
    return this.#texts.map(({ count, word }) => `${count} ${word}`).join(', ');
  }

  /** `restored`, of those that ended alike. */
  get word(): string {
    return this.#texts.map(({ word }) => word).join(', ');
  }

  get #texts(): readonly { readonly count: number; readonly word: string }[] {
    return WORDS.map(([outcome, word]) => ({ word, count: this.of(outcome) })).filter(({ count }) => count > 0);
  }
}

/** In the order of the texts. */
const WORDS: readonly (readonly [LayerfileOutcome, string])[] = [
  ['restored', 'restored'],
  ['ran', 'ran'],
  ['would-run', 'would run'],
  ['waiting', 'waiting for a person'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
  ['pending', 'not done'],
];
