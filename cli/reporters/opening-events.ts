import type { BuildEvent } from '../../runner/index.ts';
import { BuildNames } from './build-names.ts';

/**
 * Keeps the first events back until it is known how many Layerfiles there are: a reporter shows one in another way than
 * many. All `build` events come before anything else, but for warnings.
 */
export class OpeningEvents {
  readonly names = new BuildNames();
  #kept: BuildEvent[] | null = [];

  /** Whether more than one build goes on at a time, as far as is known. */
  get areSeveral(): boolean {
    return this.names.areSeveral;
  }

  /** The events that can be shown before `event`, now that it has come; null where it has to wait with them. */
  take(event: BuildEvent): readonly BuildEvent[] | null {
    if (event.event === 'build') this.names.learn(event);
    if (this.#kept === null) return NONE;
    if (event.event !== 'build' && event.event !== 'warning') return this.end();
    this.#kept.push(event);
    return null;
  }

  /** What is kept back; nothing is from now on. */
  end(): readonly BuildEvent[] {
    const kept = this.#kept ?? [];
    this.#kept = null;
    return kept;
  }
}

const NONE: readonly BuildEvent[] = [];
