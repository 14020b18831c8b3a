import type { LookMemory, ReplayPlace } from '../fs-tracer/index.ts';
import type { BuildContext } from './build-context.ts';

/** What the decisions of one run learn of the workspace, kept for the next run once all of them are made. */
export class Looks {
  readonly #memory: LookMemory | null;
  /** Whether every decision found the memory fresh: else it has not seen what the others need. */
  #isComplete = true;

  constructor(memory: LookMemory | null) {
    this.#memory = memory;
  }

  /** The memory for a decision that is made right now; undefined where what it saw may be no longer so. */
  for({ memory }: BuildContext): LookMemory | undefined {
    if (memory === undefined || memory.isFresh()) return memory;
    this.#isComplete = false;
    return undefined;
  }

  /** Where to keep what a run says of which nothing was to run; null where deciding it again would take more than looking. */
  replayPlace(): ReplayPlace | null {
    return this.#isComplete ? (this.#memory?.replayPlace() ?? null) : null;
  }

  save(): void {
    if (this.#isComplete) this.#memory?.save();
  }
}
