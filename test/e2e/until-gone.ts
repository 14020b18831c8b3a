import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 5000;
const PAUSE_MS = 10;

/**
 * Whether a list of processes gets empty in time. The kernel ends the machine of a killed run; it takes a moment to tear
 * down its memory, and has no way to tell us when it is done.
 */
export async function untilGone(list: () => readonly number[]): Promise<boolean> {
  const started = performance.now();
  while (list().length > 0) {
    if (performance.now() - started > LIMIT_MS) return false;
    await delay(PAUSE_MS);
  }
  return true;
}
