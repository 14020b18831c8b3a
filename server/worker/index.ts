/**
 * A process that does one piece of work for the server: a build, a terminal, or the machines of websites. It is entered here;
 * the server starts it by `worker-process.ts`, and both speak `messages.ts`.
 *
 * Invariants:
 * - it says how its work ended exactly once, last of all;
 * - it ends, and its machines with it, when the channel closes or the server says so, however long its work would take;
 * - what it was not told to use (homes, secrets) it does not open.
 */
import { LayerError } from '../../util/layer-error.ts';
import { runBuild } from './build-work.ts';
import type { FromWorker, ToWorker, WorkEnd } from './messages.ts';
import { runTerminal } from './terminal-work.ts';
import { runWebsites } from './website-work.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import { type WorkerChannel, WorkerLink } from './worker-link.ts';
import { workEndOf } from './work-end.ts';

export type { Recorder } from './recorder.ts';
export type { WorkerChannel } from './worker-link.ts';

interface WorkerProcess extends WorkerSurroundings {
  readonly channel: WorkerChannel;
  /** Aborted where the process is asked to end. */
  readonly signal: AbortSignal;
}

type Begin = Extract<ToWorker, { readonly type: 'begin' }>;

/**
 * Does the work that the server names over `channel`. Resolves when that is done and told: the process can end then, and has
 * to, since what a cancelled work began may go on.
 */
export async function runWorker({ channel, signal, ...surroundings }: WorkerProcess): Promise<void> {
  const link = new WorkerLink(channel, signal);
  const begin = await firstMessage(link);
  if (begin === null) return;
  const end = await Promise.race([doWork(begin, link, surroundings), gone(channel)]);
  await link.send({ type: 'ended', end } satisfies FromWorker);
}

async function doWork({ place, work }: Begin, link: WorkerLink, surroundings: WorkerSurroundings): Promise<WorkEnd> {
  try {
    switch (work.kind) {
      case 'build':
        return await runBuild(place, work, link, surroundings);
      case 'terminal':
        return await runTerminal(place, work, link, surroundings);
      case 'websites':
        return await runWebsites(place, work, link, surroundings);
    }
  } catch (error) {
    return workEndOf(error, link.signal);
  }
}

/** Null where the server went away before it said what to do. */
async function firstMessage(link: WorkerLink): Promise<Begin | null> {
  const first = Promise.withResolvers<Begin | null>();
  using _listening = link.onMessage((message) => {
    if (message.type === 'begin') first.resolve(message);
  });
  link.signal.addEventListener('abort', () => first.resolve(null), { once: true });
  return link.signal.aborted ? null : await first.promise;
}

/** Work may take a moment to end in order when the server is gone, but no longer: the kernel then ends its machines (launch.c). */
const GONE_LIMIT_MS = 2000;

async function gone(channel: WorkerChannel): Promise<WorkEnd> {
  const passed = Promise.withResolvers<WorkEnd>();
  channel.on('disconnect', () => setTimeout(() => passed.resolve({ kind: 'cancelled' }), GONE_LIMIT_MS));
  return passed.promise;
}

/** Throws `USAGE` where the process has no server. */
export function requireChannel(process: Pick<NodeJS.Process, 'send'>): void {
  if (process.send !== undefined) return;
  throw new LayerError('USAGE', '`layer serve-worker` is started by `layer serve` only', {
    hint: 'To build something: layer run',
  });
}
