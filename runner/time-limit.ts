/** A limit for the builds of one run, which ends where they do: what stays up afterwards is not timed. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  /** Aborted with `signal`'s reason, or with a `TimeoutError`. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal, limitMs?: number) {
    if (limitMs !== undefined) this.#timer = setTimeout(() => this.#pass(), limitMs).unref();
    this.signal = limitMs === undefined ? signal : AbortSignal.any([signal, this.#controller.signal]);
  }

  #pass(): void {
    this.#controller.abort(new DOMException('The time limit passed', 'TimeoutError'));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

export function isTimeout({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
