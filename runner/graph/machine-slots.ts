import PQueue from 'p-queue';

import { FittingQueue, type SlotOptions } from './fitting-queue.ts';

export interface SlotWish {
  /** Of the machine's guest. */
  readonly memoryMib: number;
  /** The greatest first; of lists the first number that differs counts. */
  readonly priority: number | readonly number[];
  readonly signal: AbortSignal;
  /** Called where the slot is not free at once. */
  readonly onWait: () => void;
}

/** The right to have one machine, until it is disposed. */
export type Slot = Disposable;

/** Whose turn it is to have a machine. */
export interface MachineSlots {
  /** Waits for its turn; rejects with the signal's reason when that is aborted first. */
  take(wish: SlotWish): Promise<Slot>;
}

/** How many machines may run at once, and how much memory they may have together. */
export class CountedSlots implements MachineSlots {
  readonly #queue: PQueue<FittingQueue, SlotOptions>;
  readonly #memory: FittingQueue['memory'];

  /** `jobs`: at least 1. A machine that is larger than `memoryMib` has it for itself alone. */
  constructor({ jobs, memoryMib }: { readonly jobs: number; readonly memoryMib: number }) {
    const memory = { totalMib: memoryMib, usedMib: 0 };
    this.#memory = memory;
    this.#queue = new PQueue({
      concurrency: jobs,
      queueClass: class extends FittingQueue {
        constructor() {
          super(memory);
        }
      },
    });
  }

  async take({ memoryMib, priority, signal, onWait }: SlotWish): Promise<Slot> {
    const begun = Promise.withResolvers<undefined>();
    const over = Promise.withResolvers<undefined>();
    const turn: { has: boolean } = { has: false };
    const added = this.#queue.add(
      async () => {
        turn.has = true;
        begun.resolve(undefined);
        await over.promise;
        this.#memory.usedMib -= memoryMib;
      },
      { rank: typeof priority === 'number' ? [priority] : priority, signal, memoryMib },
    );
    added.catch((reason: unknown) => begun.reject(reason));
    // What p-queue can start at once it has started by now.
    if (!turn.has) onWait();
    await begun.promise;
    return { [Symbol.dispose]: () => over.resolve(undefined) };
  }
}
