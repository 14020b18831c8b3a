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
    if (this.#left <= 0) return [];
    const fits = event.text.length <= this.#left;
    const kept = fits ? event : { ...event, text: event.text.slice(0, this.#left) };
    this.#left -= event.text.length;
    if (this.#left > 0) return [kept];
    const { layerfile, step } = event;
    const text = `the run has written more than ${this.#mostCharacters} characters: the rest of its output is left out`;
    return [kept, { event: 'warning', layerfile, step, text }];
  }
}
