/** How many git processes there may be at once, and how many requests wait for one. */
export interface PlaceLimits {
  readonly atOnce: number;
  readonly waiting: number;
}

export class Places {
  readonly #limits: PlaceLimits;
  readonly #queue: (() => void)[] = [];
  #taken = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  get figures(): { readonly taken: number; readonly waiting: number } {
    return { taken: this.#taken, waiting: this.#queue.length };
  }

  /** A place, which its disposal gives back, however often; null where too many wait already, or `signal` was aborted. */
  async take(signal: AbortSignal): Promise<Disposable | null> {
    if (this.#taken >= this.#limits.atOnce) {
      if (this.#queue.length >= this.#limits.waiting || !(await this.#wait(signal))) return null;
    } else this.#taken++;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#giveBack();
        isHeld = false;
      },
    };
  }

  async #wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const granted = (): void => resolve(true);
    const onAbort = (): void => {
      const at = this.#queue.indexOf(granted);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      resolve(false);
    };
    this.#queue.push(granted);
    signal.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** Passed on to who waits longest, or free again. */
  #giveBack(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}
