import type { MachineSlots, Slot, SlotWish } from '../../runner/index.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** A way to the server and back. */
interface Link {
  send(message: FromWorker): Promise<void>;
  onMessage(listener: (message: ToWorker) => void): Disposable;
}

/** The server's machine slots, seen from a worker: each is wished for, and granted when its turn has come. */
export class WishedSlots implements MachineSlots {
  readonly #link: Link;
  #wishes = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  async take({ memoryMib, priority, signal, onWait }: SlotWish): Promise<Slot> {
    signal.throwIfAborted();
    const wish = ++this.#wishes;
    const granted = Promise.withResolvers<undefined>();
    using _listening = this.#link.onMessage((message) => {
      if (message.type === 'queued' && message.wish === wish) onWait();
      if (message.type === 'granted' && message.wish === wish) granted.resolve(undefined);
    });
    const leave = (): void => granted.reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    void this.#link.send({ type: 'wish', wish, memoryMib, priority: typeof priority === 'number' ? priority : 0 });
    try {
      await granted.promise;
    } catch (error) {
      this.#giveBack(wish);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return { [Symbol.dispose]: () => this.#giveBack(wish) };
  }

  #giveBack(wish: number): void {
    void this.#link.send({ type: 'returned', wish });
  }
}
