import { setTimeout as delay } from 'node:timers/promises';

import type { Flights, TakenFlight } from '../snapshots/index.ts';
import { announce, type BuildContext } from './build-context.ts';

/** One look at the flight is a row of SQLite and a line of /proc. */
const LOOK_EVERY_MS = 50;

/**
 * Waits until another run has done `what`, and says so. No limit but the life of that run: what it does may take hours, and
 * its end is seen, however it ends. Throws the signal's reason when the build is cancelled.
 */
export async function awaitFlight(
  context: BuildContext,
  flights: Flights,
  taken: TakenFlight,
  what: string,
): Promise<'over' | 'given-up'> {
  const whose = taken.pid === process.pid ? 'this run' : `another run (PID ${taken.pid})`;
  announce(context, 'wait', `waiting for the same in ${whose}: ${what}`);
  for (;;) {
    context.signal.throwIfAborted();
    const state = flights.stateOf(taken);
    if (state !== 'flying') return state;
    await delay(LOOK_EVERY_MS);
  }
}
