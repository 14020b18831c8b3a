import { once } from 'node:events';
import type { Server } from 'node:http';

import type { Layerfile } from '../../grammar/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { Snapshot } from '../../snapshots/index.ts';
import type { Base } from '../base-machine.ts';
import { announce, type BuildContext } from '../build-context.ts';
import { leaseSound } from '../lease-sound.ts';
import { MachineTurn } from '../machine-turn.ts';
import type { Plan } from '../plan.ts';
import { planLayerfiles } from '../run-layerfiles.ts';
import { restoreOrDrop } from '../restore-session.ts';
import type { RunOptions } from '../run-options.ts';
import { Session } from '../session.ts';
import { requireSoundImage } from '../sound-image.ts';
import { refillCaches } from '../with-caches.ts';
import { exposuresOf } from './exposure.ts';
import { closing } from './loopback.ts';
import { watch } from './stay-up.ts';
import { websiteServer } from './website-proxy.ts';

type FromRuns =
  | 'directory'
  | 'rev'
  | 'home'
  | 'secretsHome'
  | 'accelerator'
  | 'given'
  | 'signal'
  | 'emit'
  | 'slots'
  | 'machines';

export interface KeptWebsites {
  /** A Layerfile, relative to the workspace root, which `directory` is. */
  readonly path: string;
  /** Below a SPLIT: of which copy, from 0. Null: of what stands above it, or of a Layerfile without one. */
  readonly copy: number | null;
  /** How many steps the machine must have behind it: as many as it had when its websites were last seen. */
  readonly leastSteps: number;
  /** Where to listen: the path of a Unix socket, in a folder that only this user can enter. */
  readonly socket: string;
  /** The machine is there, and it listens. */
  readonly onReady: () => void;
}

export interface KeepWebsitesOptions extends KeptWebsites, Pick<RunOptions, FromRuns> {}

/**
 * Restores the machine of one Layerfile and serves its EXPOSE WEBSITEs at a Unix socket until `signal` is aborted, which is how it is meant
 * to end. Nothing is run: throws `STATE_MISSING` where the machine is not stored any more. Throws `MACHINE_DIED` when it ends by itself.
 */
export async function keepWebsites(options: KeepWebsitesOptions): Promise<void> {
  const { path, copy, leastSteps, socket, onReady, ...run } = options;
  const wanted = { path, copy, leastSteps, socket, onReady };
  const search = { isOver: false };
  await planLayerfiles({
    ...run,
    paths: [path],
    noCache: false,
    force: [],
    // What a plan says of its steps is nobody's business here.
    emit: (event) => {
      if (event.event === 'warning' || event.event === 'activity') run.emit(event);
    },
    whenPlanned: async (context, plan, layerfile) => {
      if (search.isOver || !isMeant(context, layerfile, wanted)) return;
      search.isOver = true;
      await keep(context, plan, wanted, run.signal);
    },
  });
  if (search.isOver) return;
  run.signal.throwIfAborted();
  throw notStored(path);
}

/** What it is FROM is planned too. */
function isMeant(context: BuildContext, { path }: Layerfile, wanted: KeptWebsites): boolean {
  return path === wanted.path && (context.copy?.index ?? null) === wanted.copy;
}

async function keep(context: BuildContext, plan: Plan, wanted: KeptWebsites, signal: AbortSignal): Promise<void> {
  const { hit, ground, restoredSteps } = plan;
  const { layerfile } = context;
  const { websites } = exposuresOf(plan.steps.slice(0, restoredSteps), layerfile);
  const done = plan.steps[restoredSteps - 1]?.number ?? 0;
  if (hit === null || ground === null || websites.length === 0 || done < wanted.leastSteps) throw notStored(layerfile);
  await requireSoundImage(context, ground.base);
  using lease = await leaseSound(context, hit.snapshot);
  if (lease === null) throw notStored(layerfile);
  using turn = new MachineTurn(context, ground.base.config.memoryMib);
  await turn.take();
  await using session = await restore(context, ground.base, hit.snapshot);
  if (session === null) throw notStored(layerfile);
  const server = websiteServer({ guest: session.machine, layerfile, websites });
  await using _server = closing(server);
  await listen(server, wanted.socket);
  wanted.onReady();
  await Promise.race([aborted(signal), watch({ context, machine: session.machine })]);
}

async function restore(context: BuildContext, base: Base, snapshot: Snapshot): Promise<Session | null> {
  announce(context, 'restore', 'restoring the machine');
  context.store.touch([snapshot.id]);
  const session = await restoreOrDrop(context, snapshot, async () => Session.restore(context, base, snapshot));
  try {
    if (session !== null) await refillCaches(context, session);
    return session;
  } catch (error) {
    await session?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function listen(server: Server, socket: string): Promise<void> {
  server.listen({ path: socket });
  await once(server, 'listening');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function notStored(layerfile: string): LayerError {
  return new LayerError('STATE_MISSING', `The machine of ${layerfile} is not stored any more as this commit left it`, {
    hint: 'Run the job again: what is gone is built anew.',
  });
}
