import type { Job } from '../jobs/job.ts';
import type { WebsiteMachine } from './website-machine.ts';

/** A machine with its job, while anybody may come to it. */
export interface KnownWebsite {
  readonly job: Job;
  readonly layerfile: string;
  readonly machine: WebsiteMachine;
}
