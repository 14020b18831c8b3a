import { announce, type BuildContext } from './build-context.ts';
import type { Slot } from './graph/machine-slots.ts';

/** Whether a build may have a machine just now. Everybody may where the run has no slots to give. */
export class MachineTurn implements Disposable {
  readonly #context: BuildContext;
  readonly #memoryMib: number;
  #slot: Slot | null = null;

  constructor(context: BuildContext, memoryMib: number) {
    this.#context = context;
    this.#memoryMib = memoryMib;
  }

  /** True where it had to wait: what was known before may no longer be so. */
  async take(): Promise<boolean> {
    const { slots, signal, priority = 0 } = this.#context;
    if (slots === undefined || this.#slot !== null) return false;
    let waited = false;
    this.#slot = await slots.take({
      memoryMib: this.#memoryMib,
      priority,
      signal,
      onWait: () => {
        waited = true;
        announce(this.#context, 'queue', 'waiting for another machine to end');
      },
    });
    return waited;
  }

  /** Lets others have theirs. */
  giveBack(): void {
    this.#slot?.[Symbol.dispose]();
    this.#slot = null;
  }

  [Symbol.dispose](): void {
    this.giveBack();
  }
}
