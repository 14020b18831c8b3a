import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import type { ExposeTcpInstruction, ExposeWebsiteInstruction } from '../../grammar/index.ts';
import { dialWebsite, type Guest } from './dial.ts';

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
const NO_ANSWER = 'no answer';
/** Of one question: a server that took it while it was starting may have forgotten it. */
const ANSWER_LIMIT_MS = 30_000;

export interface ReadinessWait {
  readonly guest: Guest;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Null when what is exposed answers, else why it did not when it was last tried. */
export type Obstacle = string | null;

/**
 * Waits until the port answers in the guest: a website with any HTTP response, anything else by taking a connection. The
 * pauses between attempts grow, so that what comes up fast is not waited for and what does not costs little.
 */
export async function untilReady(
  instruction: ExposeWebsiteInstruction | ExposeTcpInstruction,
  { guest, limitMs, signal }: ReadinessWait,
): Promise<Obstacle> {
  const deadline = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, deadline]);
  let obstacle = NO_ANSWER;
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const startedMs = performance.now();
      const met = await tryOnce(instruction, guest, either);
      if (met === null) return null;
      // An attempt that was cut off as it began says less than the one before.
      const cutOff = either.aborted && performance.now() - startedMs < LONGEST_PAUSE_MS;
      if (!cutOff || obstacle === NO_ANSWER) obstacle = met;
      await delay(pauseMs, undefined, { signal: either });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    return obstacle;
  }
}

async function tryOnce(
  instruction: ExposeWebsiteInstruction | ExposeTcpInstruction,
  guest: Guest,
  signal: AbortSignal,
): Promise<Obstacle> {
  const isWebsite = instruction.kind === 'EXPOSE WEBSITE';
  const forwarded = isWebsite
    ? await dialWebsite(guest, instruction, signal)
    : await guest.forward('localhost', instruction.guestPort, signal);
  if (!forwarded.ok) return forwarded.why;
  try {
    return isWebsite ? await answerOver(forwarded.connection, instruction, signal) : null;
  } finally {
    forwarded.connection.destroy();
  }
}

/** Asks for the page that is exposed: what it is, or whether there is one, does not matter. */
async function answerOver(
  connection: Duplex,
  { host, port, path, rewrite }: ExposeWebsiteInstruction,
  signal: AbortSignal,
): Promise<Obstacle> {
  const { promise, resolve } = Promise.withResolvers<Obstacle>();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  const asking = request({
    createConnection: () => connection,
    ...{ host, port, path: rewrite ?? path, signal: limit },
    headers: { connection: 'close', accept: '*/*', 'user-agent': 'layer' },
  });
  asking.once('response', () => resolve(null));
  asking.on('error', ({ message }) =>
    resolve(limit.aborted ? 'took the connection, but sent no HTTP response' : `sent no HTTP response: ${message}`),
  );
  asking.end();
  return promise;
}
