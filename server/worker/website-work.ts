import { keepWebsites } from '../../runner/index.ts';
import { laterOptions } from './later-options.ts';
import type { WebsiteWork, WorkEnd, WorkPlace } from './messages.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

/** The machine of a Layerfile as the job left it, with its websites at a Unix socket, until the server ends this. */
export async function runWebsites(
  place: WorkPlace,
  work: WebsiteWork,
  link: WorkerLink,
  surroundings: WorkerSurroundings,
): Promise<WorkEnd> {
  const { layerfile, copy, leastSteps, socket } = work;
  await keepWebsites({
    ...laterOptions(place, work, link, surroundings),
    path: layerfile,
    copy,
    leastSteps,
    socket,
    emit: (event) => void link.send({ type: 'event', event }),
    onReady: () => void link.send({ type: 'ready' }),
  });
  return { kind: 'cancelled' };
}
