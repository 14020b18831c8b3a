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

  /** The events that can be shown now that `event` has come. */
  take(event: BuildEvent): readonly BuildEvent[] {
    if (event.event === 'build') this.names.learn(event);
    if (this.#kept === null) return [event];
    this.#kept.push(event);
    return event.event === 'build' || event.event === 'warning' ? [] : this.end();
  }

  /** What is kept back; nothing is from now on. */
  end(): readonly BuildEvent[] {
    const kept = this.#kept ?? [];
    this.#kept = null;
    return kept;
  }
}
