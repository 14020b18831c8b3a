import type { MachineSlots, Slot, SlotWish } from '../../runner/index.ts';

/**
 * Slots of which some are held by machines that can be had back from their snapshots at any time: `onNeed` is told that somebody waits, and
 * what it returns is disposed when nobody does any more.
 */
export class YieldingSlots implements MachineSlots {
  readonly #slots: MachineSlots;
  readonly #onNeed: () => Disposable;

  constructor(slots: MachineSlots, onNeed: () => Disposable) {
    this.#slots = slots;
    this.#onNeed = onNeed;
  }

  async take(wish: SlotWish): Promise<Slot> {
    using needs = new DisposableStack();
    const onWait = (): void => {
      needs.use(this.#onNeed());
      wish.onWait();
    };
    return await this.#slots.take({ ...wish, onWait });
  }
}
