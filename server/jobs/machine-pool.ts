import type { MachineSlots, Slot } from '../../runner/index.ts';
import type { FromWorker, ToWorker } from '../worker/messages.ts';

/** For whom machines are wished for. */
export interface MachineOwner {
  /** For people: `job 7`. */
  readonly name: string;
  /** Who comes first: the greatest, by the first number that differs. */
  readonly rank: readonly number[];
}

export interface DescribedWish {
  readonly owner: string;
  readonly memoryMib: number;
  readonly state: 'granted' | 'waiting';
  /** How long it has been so. */
  readonly forMs: number;
}

/** Of somebody who sits before a terminal or a website: before all jobs. */
export const PERSON_RANK: readonly number[] = [Number.MAX_SAFE_INTEGER];

interface Wish {
  readonly owner: string;
  readonly memoryMib: number;
  readonly controller: AbortController;
  slot: Slot | null;
  sinceMs: number;
}

/** All machines of all workers: each is wished for by a message, and granted when its turn has come. */
export class MachinePool {
  readonly #slots: MachineSlots;
  readonly #now: () => number;
  readonly #wishes = new Set<Wish>();

  constructor(slots: MachineSlots, now: () => number = Date.now) {
    this.#slots = slots;
    this.#now = now;
  }

  /** The wishes of one worker. Dispose them when its process has ended: its machines have, too. */
  open(owner: MachineOwner, answer: (message: ToWorker) => void): WorkerWishes {
    return new WorkerWishes(owner, answer, {
      make: (wish) => this.#make(owner, wish),
      drop: (wish) => this.#drop(wish),
      take: (wish, priority, onWait) => this.#take(owner, wish, [priority], onWait),
    });
  }

  /** For whoever grants wishes by itself: each that is taken is the owner's. */
  slotsFor(owner: MachineOwner): MachineSlots {
    return {
      take: async ({ memoryMib, priority, signal, onWait }) => {
        const wish = this.#make(owner, memoryMib);
        const leave = (): void => this.#drop(wish);
        signal.addEventListener('abort', leave, { once: true });
        if (signal.aborted) leave();
        const isGranted = await this.#take(owner, wish, typeof priority === 'number' ? [priority] : priority, onWait);
        signal.removeEventListener('abort', leave);
        if (!isGranted) signal.throwIfAborted();
        return { [Symbol.dispose]: leave };
      },
    };
  }

  /** Those that were granted first, then those that wait, the oldest first. */
  describe(): readonly DescribedWish[] {
    const described = [...this.#wishes].map(({ owner, memoryMib, slot, sinceMs }): DescribedWish => {
      return { owner, memoryMib, state: slot === null ? 'waiting' : 'granted', forMs: this.#now() - sinceMs };
    });
    return described.sort((one, other) => one.state.localeCompare(other.state) || other.forMs - one.forMs);
  }

  #make({ name }: MachineOwner, memoryMib: number): Wish {
    const wish = { owner: name, memoryMib, controller: new AbortController(), slot: null, sinceMs: this.#now() };
    this.#wishes.add(wish);
    return wish;
  }

  async #take({ rank }: MachineOwner, wish: Wish, priority: readonly number[], onWait: () => void): Promise<boolean> {
    const { memoryMib, controller } = wish;
    try {
      const slot = await this.#slots.take({
        memoryMib,
        priority: [...rank, ...priority],
        signal: controller.signal,
        onWait,
      });
      // Whoever went away in the same moment has no use for it.
      if (controller.signal.aborted) slot[Symbol.dispose]();
      else Object.assign(wish, { slot, sinceMs: this.#now() });
    } catch {
      // It was taken back.
    }
    return wish.slot !== null;
  }

  #drop(wish: Wish): void {
    this.#wishes.delete(wish);
    wish.controller.abort();
    wish.slot?.[Symbol.dispose]();
    wish.slot = null;
  }
}

interface PoolSide {
  make(memoryMib: number): Wish;
  drop(wish: Wish): void;
  take(wish: Wish, priority: number, onWait: () => void): Promise<boolean>;
}

/** What one worker wishes for and has. */
export class WorkerWishes implements Disposable {
  readonly owner: MachineOwner;
  readonly #answer: (message: ToWorker) => void;
  readonly #pool: PoolSide;
  readonly #wishes = new Map<number, Wish>();

  constructor(owner: MachineOwner, answer: (message: ToWorker) => void, pool: PoolSide) {
    this.owner = owner;
    this.#answer = answer;
    this.#pool = pool;
  }

  /** True where it waits for a machine and has none. */
  get isWaiting(): boolean {
    const wishes = [...this.#wishes.values()];
    return wishes.length > 0 && wishes.every(({ slot }) => slot === null);
  }

  /** Takes `wish` and `returned`; all else is not about machines. */
  hear(message: FromWorker): void {
    if (message.type === 'wish') this.#begin(message);
    if (message.type === 'returned') this.#end(message.wish);
  }

  #begin({ wish: number, memoryMib, priority }: Extract<FromWorker, { readonly type: 'wish' }>): void {
    const wish = this.#pool.make(memoryMib);
    this.#wishes.set(number, wish);
    const onWait = (): void => this.#answer({ type: 'queued', wish: number });
    void this.#pool.take(wish, priority, onWait).then((isGranted) => {
      if (isGranted) this.#answer({ type: 'granted', wish: number });
    });
  }

  #end(number: number): void {
    const wish = this.#wishes.get(number);
    this.#wishes.delete(number);
    if (wish !== undefined) this.#pool.drop(wish);
  }

  [Symbol.dispose](): void {
    for (const number of [...this.#wishes.keys()]) this.#end(number);
  }
}
