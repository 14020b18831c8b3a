import { LayerError } from '../../util/layer-error.ts';
import type { WebsiteWork, WorkEnd, WorkPlace } from './messages.ts';
import type { WorkerSurroundings } from './surroundings.ts';
import type { WorkerLink } from './worker-link.ts';

export async function runWebsites(
  place: WorkPlace,
  work: WebsiteWork,
  link: WorkerLink,
  surroundings: WorkerSurroundings,
): Promise<WorkEnd> {
  return Promise.reject(new LayerError('USAGE', `Not there yet: ${JSON.stringify([place, work, link, surroundings])}`));
}
