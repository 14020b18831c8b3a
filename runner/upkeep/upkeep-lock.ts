import { join } from 'node:path';

import { lock, tryLock } from '../../util/process-lock.ts';

const LIMIT_MS = 10 * 60_000;

/** Upkeep and `layer prune` take turns. Null where somebody else is at it. */
export function tryUpkeepLock(home: string): Disposable | null {
  return tryLock(lockFile(home), 'exclusive');
}

export async function upkeepLock(home: string, signal: AbortSignal): Promise<Disposable> {
  return lock(lockFile(home), 'exclusive', { name: 'another `layer prune`, or upkeep', limitMs: LIMIT_MS, signal });
}

function lockFile(home: string): string {
  return join(home, 'upkeep.lock');
}
