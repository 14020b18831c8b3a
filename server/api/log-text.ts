import type { RecordedEvent } from './schemas/index.ts';

/** Which outputs of a run are wanted; what is absent is not asked. */
export interface LogWish {
  readonly layerfile?: string | undefined;
  readonly copy?: number | undefined;
  readonly step?: number | undefined;
}

/**
 * A run's events as text. Of one step it is what that printed, as it printed it. Of several, which may run at the same time, it is whole
 * lines, each with where it is from before it: `web/Layerfile:3 │ text`.
 */
export class LogText {
  readonly #wish: LogWish;
  /** The beginning of a line whose end has not come yet, of each step. */
  readonly #begun = new Map<string, string>();

  constructor(wish: LogWish) {
    this.#wish = wish;
  }

  /** What an event adds. */
  add(event: RecordedEvent): string {
    if (event.event === 'step' && this.#isWanted(event)) return this.#flush(placeOf(event));
    if (event.event !== 'output' || !this.#isWanted(event)) return '';
    if (this.#wish.step !== undefined && this.#wish.layerfile !== undefined) return event.text;
    return this.#lines(placeOf(event), event.text);
  }

  /** What is left at the end. */
  end(): string {
    return [...this.#begun.keys()].map((place) => this.#flush(place)).join('');
  }

  #isWanted(event: { readonly layerfile: string; readonly copy?: number; readonly step: number }): boolean {
    const { layerfile, copy, step } = this.#wish;
    return (
      (layerfile === undefined || layerfile === event.layerfile) &&
      (copy === undefined || copy === event.copy) &&
      (step === undefined || step === event.step)
    );
  }

  #lines(place: string, text: string): string {
    const lines = `${this.#begun.get(place) ?? ''}${text}`.split('\n');
    // A line without an end is told in pieces: nobody can make us keep it all.
    const rest = lines.pop() ?? '';
    if (rest.length > LONGEST) lines.push(rest);
    this.#begun.set(place, rest.length > LONGEST ? '' : rest);
    return lines.map((line) => `${place} │ ${line}\n`).join('');
  }

  #flush(place: string): string {
    const rest = this.#begun.get(place) ?? '';
    this.#begun.delete(place);
    return rest === '' ? '' : `${place} │ ${rest}\n`;
  }
}

const LONGEST = 65_536;

function placeOf({
  layerfile,
  copy,
  step,
}: {
  readonly layerfile: string;
  readonly copy?: number;
  readonly step: number;
}): string {
  return `${layerfile}${copy === undefined ? '' : `#${copy}`}:${step}`;
}
