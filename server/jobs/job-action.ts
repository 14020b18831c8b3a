import type { Job } from './job.ts';

/** What came of something that was asked of a job. */
export type JobAction =
  | { readonly kind: 'done'; readonly job: Job }
  | {
      readonly kind: 'refused';
      /** `ended`, `unfinished`: it is in a state in which that cannot be. `no-button`: none waits there. */
      readonly why: 'missing' | 'ended' | 'unfinished' | 'no-button';
      /** A sentence for people. */
      readonly message: string;
    };

export function done(job: Job): JobAction {
  return { kind: 'done', job };
}

export function missing(id: number): JobAction {
  return { kind: 'refused', why: 'missing', message: `There is no job ${id}` };
}

export function refusedAsEnded({ id, state }: Job): JobAction {
  return { kind: 'refused', why: 'ended', message: `Job ${id} has ended: it is ${state}` };
}

export function refusedAsUnfinished({ id, state }: Job): JobAction {
  return { kind: 'refused', why: 'unfinished', message: `Job ${id} has not ended yet: it is ${state}` };
}

export function noButton({ id }: Job): JobAction {
  return { kind: 'refused', why: 'no-button', message: `No BUTTON of job ${id} waits there` };
}
