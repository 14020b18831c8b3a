import { median } from '../median.ts';
import type { Built } from './tool.ts';

export const SITUATIONS = ['nothing changed', 'unread file edited', 'read file edited'] as const;

export type Situation = (typeof SITUATIONS)[number];

/** Every build that was measured, by tool and situation. */
export class Figures {
  readonly #built = new Map<string, Built[]>();

  add(tool: string, situation: Situation, built: Built): void {
    const key = `${tool}\0${situation}`;
    this.#built.set(key, [...(this.#built.get(key) ?? []), built]);
  }

  /** Milliseconds; undefined where the tool was not measured. */
  median(tool: string, situation: Situation): number | undefined {
    const durations = this.#of(tool, situation).map(({ durationMs }) => durationMs);
    return durations.length === 0 ? undefined : median(durations);
  }

  range(tool: string, situation: Situation): readonly [number, number] {
    const durations = this.#of(tool, situation).map(({ durationMs }) => durationMs);
    return [Math.min(...durations), Math.max(...durations)];
  }

  /** What the builds did, as a check on what was measured: `0`, or `3, 4` where they differ. */
  stepsRun(tool: string, situation: Situation): string {
    return [...new Set(this.#of(tool, situation).map(({ stepsRun }) => stepsRun))].join(', ');
  }

  #of(tool: string, situation: Situation): readonly Built[] {
    return this.#built.get(`${tool}\0${situation}`) ?? [];
  }
}
