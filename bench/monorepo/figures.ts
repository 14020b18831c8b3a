import { median } from '../median.ts';
import type { GeneratedMonorepo, Unit } from './generated-monorepo.ts';
import type { Built, Situation } from './tool.ts';

/** Every build that was measured, by tool and situation. */
export class Figures {
  readonly #built = new Map<string, Built[]>();

  add(tool: string, situation: Situation, built: Built): void {
    const key = `${tool}\0${situation}`;
    this.#built.set(key, [...(this.#built.get(key) ?? []), built]);
  }

  /** Milliseconds; NaN where the tool was not measured. */
  median(tool: string, situation: Situation): number {
    return median(this.of(tool, situation).map(({ durationMs }) => durationMs));
  }

  othersTold(tool: string, situation: Situation): number {
    return median(this.of(tool, situation).map(({ othersToldMs }) => othersToldMs ?? NaN));
  }

  of(tool: string, situation: Situation): readonly Built[] {
    return this.#built.get(`${tool}\0${situation}`) ?? [];
  }
}

/** Which units have to run. */
export function expected(repository: GeneratedMonorepo, situation: Situation): readonly Unit[] {
  if (situation === 'nothing changed') return [];
  return repository.family(situation === 'leaf edited' ? repository.leaf : repository.base);
}
