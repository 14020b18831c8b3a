import { keepWebsites } from '../../runner/index.ts';
import type { WebsiteWork, WorkEnd, WorkPlace } from './messages.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

/** The machine of a Layerfile as the job left it, with its websites at a Unix socket, until the server ends this. */
export async function runWebsites(
  place: WorkPlace,
  { layerfile, copy, leastSteps, socket }: WebsiteWork,
  link: WorkerLink,
  { accelerator }: WorkerSurroundings,
): Promise<WorkEnd> {
  await keepWebsites({
    ...{ path: layerfile, copy, leastSteps, socket },
    directory: place.repository,
    rev: place.commit,
    home: place.home,
    secretsHome: place.secretsHome,
    accelerator,
    slots: link.slots,
    signal: link.signal,
    emit: (event) => void link.send({ type: 'event', event }),
    onReady: () => void link.send({ type: 'ready' }),
  });
  return { kind: 'cancelled' };
}
