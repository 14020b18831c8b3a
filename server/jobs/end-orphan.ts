import { setTimeout as delay } from 'node:timers/promises';

import { mayBeAlive, pidOf, thisProcess } from '../../util/process-owner.ts';

const ASK_LIMIT_MS = 5000;
const LOOK_MS = 20;

/**
 * Ends the worker that a server left behind, with whatever it has started, and resolves when it is gone: asks, and kills after 5 s. `owner`: its
 * name (util/process-owner.ts). One of another PID namespace cannot be reached, and ended when its server did.
 */
export async function endOrphan(owner: string, ageMs: number): Promise<void> {
  if (!mayBeAlive(owner, ageMs) || !isOfThisNamespace(owner)) return;
  tell(owner, 'SIGTERM');
  const endMs = performance.now() + ASK_LIMIT_MS;
  while (mayBeAlive(owner, ageMs)) {
    if (performance.now() > endMs) tell(owner, 'SIGKILL');
    // Nobody tells of the end of a process that is not one's child.
    await delay(LOOK_MS);
  }
}

function isOfThisNamespace(owner: string): boolean {
  return owner.split(' ')[1] === thisProcess().split(' ')[1];
}

/** SIGTERM goes to the worker, which ends its programs in order; SIGKILL to all of its group. */
function tell(owner: string, signalName: 'SIGTERM' | 'SIGKILL'): void {
  const pid = pidOf(owner);
  try {
    process.kill(signalName === 'SIGKILL' ? -pid : pid, signalName);
  } catch {
    // It has just ended.
  }
}
