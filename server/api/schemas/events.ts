/**
 * What comes as server-sent events. A job's events are those of `layer run --json` (docs/cli.md), each with the time of its coming,
 * and an `end` of the server's own: their types are the runner's, and what is not ours to say again stands open in the schema.
 */
import type { BuildEvent } from '../../../runner/index.ts';
import type { FinalJobState } from '../../jobs/job.ts';

/** What the server adds when a run is over. */
export interface RunEnded {
  readonly event: 'end';
  /** Milliseconds since the epoch, as in all lines. */
  readonly atMs: number;
  readonly state: FinalJobState;
  readonly reason: string | null;
}

/** A line of `jobs/ID/RUN.jsonl`, and the data of an event of `GET /api/jobs/:id/events`. */
export type RecordedEvent = (BuildEvent & { readonly atMs: number }) | RunEnded;
