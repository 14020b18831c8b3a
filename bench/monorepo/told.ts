import type { BuildEvent } from '../../runner/index.ts';
import type { Unit } from './generated-monorepo.ts';

/** Which Layerfiles a run or a plan told to be as they were and which not, and when. */
export class Told {
  readonly #toldAt = new Map<string, number>();
  readonly #ran = new Set<string>();

  /** One line of `--json`. */
  readonly add = (line: string, afterMs: number): void => {
    const event = JSON.parse(line) as BuildEvent;
    if (event.event !== 'step') return;
    this.#toldAt.set(event.layerfile, afterMs);
    if (event.outcome !== 'restored') this.#ran.add(event.layerfile);
  };

  ran(units: readonly Unit[]): readonly Unit[] {
    return units.filter((unit) => this.#ran.has(layerfileOf(unit)));
  }

  /** Milliseconds until the last of those that did not run was told. Throws where one was not told at all. */
  othersToldMs(units: readonly Unit[]): number {
    const others = units.map(layerfileOf).filter((layerfile) => !this.#ran.has(layerfile));
    return Math.max(0, ...others.map((layerfile) => this.#toldAt.get(layerfile) ?? missing(layerfile)));
  }
}

function layerfileOf({ path }: Unit): string {
  return `${path}/Layerfile`;
}

function missing(layerfile: string): never {
  throw new Error(`${layerfile} was not told`);
}
