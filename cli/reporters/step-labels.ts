import type { BuildStarted } from '../../runner/index.ts';
import { printableLine } from '../printable-text.ts';
import { widthOf } from '../text-width.ts';

interface StepPlace {
  readonly layerfile: string;
  readonly step: number;
}

/** Names steps on the screen: `3/5`, and `api 3/5` where more than one Layerfile is built; all of one width. */
export class StepLabels {
  readonly #builds = new Map<string, BuildStarted>();
  #nameWidth = 0;
  #countWidth = 1;

  learn(build: BuildStarted): void {
    this.#builds.set(build.layerfile, { ...build, name: printableLine(build.name) });
    const builds = [...this.#builds.values()];
    this.#countWidth = Math.max(...builds.map(({ steps }) => String(steps).length));
    this.#nameWidth = builds.length === 1 ? 0 : Math.max(...builds.map(({ name }) => widthOf(name))) + 1;
  }

  of({ layerfile, step }: StepPlace): string {
    const steps = this.#builds.get(layerfile)?.steps;
    const count = `${step}/${steps ?? '?'}`.padStart(2 * this.#countWidth + 1);
    return `${this.#nameOf(layerfile)}${count}`;
  }

  /** As wide as a label, for what belongs to no step. */
  blank(layerfile: string): string {
    return `${this.#nameOf(layerfile)}${' '.repeat(2 * this.#countWidth + 1)}`;
  }

  #nameOf(layerfile: string): string {
    if (this.#nameWidth === 0) return '';
    const name = this.#builds.get(layerfile)?.name ?? '';
    return `${name}${' '.repeat(Math.max(0, this.#nameWidth - widthOf(name)))}`;
  }
}
