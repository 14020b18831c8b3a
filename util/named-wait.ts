import { LayerError } from './layer-error.ts';

export interface NamedWait {
  /** What is waited for, as it completes "Waited 20 s for …". */
  readonly name: string;
  readonly limitMs: number;
  readonly hint?: string;
  readonly signal?: AbortSignal | undefined;
  /** Evidence added to the error, for example the tail of the serial log. */
  readonly evidence?: () => string;
}

/**
 * Waits for `promise` no longer than `limitMs`. Throws `WAIT_TIMED_OUT` with name, limit, hint and evidence when the
 * limit passes, and the signal's reason when it is aborted first. The promise itself is not cancelled; if it rejects
 * after that, nobody is told.
 */
export async function namedWait<T>(wait: NamedWait, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  wait.signal?.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(timedOut(wait)), wait.limitMs);
  const onAbort = (): void => reject(wait.signal?.reason as Error);
  wait.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    wait.signal?.removeEventListener('abort', onAbort);
  }
}

function timedOut(wait: NamedWait): LayerError {
  const evidence = wait.evidence?.().trimEnd() ?? '';
  const message = `Waited ${wait.limitMs / 1000} s for ${wait.name}${evidence === '' ? '' : `\n${evidence}`}`;
  return new LayerError('WAIT_TIMED_OUT', message, wait.hint === undefined ? {} : { hint: wait.hint });
}
