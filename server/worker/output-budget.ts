import type { BuildEvent } from '../../runner/index.ts';

/** Lets a run's output through until there was too much of it, and says once that the rest is left out. Nothing else is held back. */
export class OutputBudget {
  readonly #mostCharacters: number;
  #left: number;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
    this.#left = mostCharacters;
  }

  /** What of `event` is to be told: itself, less, or nothing. */
  keep(event: BuildEvent): readonly BuildEvent[] {
    if (event.event !== 'output') return [event];
    const { text, layerfile, step } = event;
    const left = this.#left;
    this.#left = Math.max(-1, left - text.length);
    if (text.length <= left) return [event];
    if (left < 0) return [];
    const told = `the run has written more than ${this.#mostCharacters} characters: the rest of its output is left out`;
    const kept = left === 0 ? [] : [{ ...event, text: text.slice(0, left) }];
    return [...kept, { event: 'warning', layerfile, step, text: told }];
  }
}
