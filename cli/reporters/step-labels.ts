import type { BuildStarted } from '../../runner/index.ts';
import { widthOf } from '../text-width.ts';
import { BuildNames } from './build-names.ts';
import type { PartPlace, StepPlace } from './part-key.ts';
import type { TableShape } from './table-line.ts';

/** One long name must not push everything else to the right. */
const WIDEST_NAME = 24;

/** Names steps on the screen: `3/5`, and `api 3/5` where more than one build goes on; all of one width, but for long names. */
export class StepLabels {
  readonly names: BuildNames;
  /** Of the longest name; negative where it is not known yet. */
  #widestName = 0;
  #countWidth = 3;

  constructor(names = new BuildNames()) {
    this.names = names;
  }

  learn(build: BuildStarted): void {
    this.names.learn(build);
    this.#countWidth = Math.max(this.#countWidth, 2 * String(build.steps).length + 1);
    // Measured when it is asked for: of 200 Layerfiles all are told first.
    this.#widestName = -1;
  }

  of(step: StepPlace): string {
    return `${this.#nameOf(step)}${this.count(step).padStart(this.#countWidth)}`;
  }

  /** `3/5`. */
  count({ layerfile, step }: StepPlace): string {
    return `${step}/${this.names.build(layerfile)?.steps ?? '?'}`;
  }

  /** As wide as a label, for what belongs to no step. */
  blank(place: PartPlace): string {
    return `${this.#nameOf(place)}${' '.repeat(this.#countWidth)}`;
  }

  /** Of a table of all builds. */
  get shape(): TableShape {
    return { nameWidth: this.#widest(), countWidth: this.#countWidth };
  }

  #nameOf(place: PartPlace): string {
    if (!this.names.areSeveral) return '';
    const name = this.names.of(place);
    const width = Math.min(WIDEST_NAME, this.#widest());
    return `${name}${' '.repeat(Math.max(0, width - widthOf(name)))} `;
  }

  #widest(): number {
    if (this.#widestName < 0) this.#widestName = Math.max(0, ...this.names.longest().map(widthOf));
    return this.#widestName;
  }
}
