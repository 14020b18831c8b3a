/** What several send and one takes, in order. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | null = null;

  put(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** The next one; undefined where none comes within `limitMs`, or when `signal` is aborted. */
  async take(limitMs: number, signal: AbortSignal): Promise<T | undefined> {
    if (this.#items.length === 0 && !signal.aborted && limitMs > 0) await this.#wait(limitMs, signal);
    return this.#items.shift();
  }

  async #wait(limitMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const onAbort = (): void => resolve(undefined);
    const timer = setTimeout(onAbort, limitMs);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#wake = onAbort;
    await promise;
    this.#wake = null;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
