/**
 * What comes as server-sent events. A job's events are those of `layer run --json` (docs/cli.md), each with the time of its coming,
 * and an `end` of the server's own: their types are the runner's, and what is not ours to say again stands open in the schema.
 */
import { type Static, Type } from 'typebox';

import type { BuildEvent } from '../../../runner/index.ts';
import type { FinalJobState } from '../../jobs/job.ts';
import { TimeMs } from './words.ts';

const RunEnded = Type.Object({
  /** Milliseconds since the epoch, as in all lines. */
  atMs: TimeMs,
  event: Type.Literal('end'),
  state: Type.Union([
    Type.Literal('succeeded'),
    Type.Literal('failed'),
    Type.Literal('cancelled'),
    Type.Literal('interrupted'),
  ]),
  reason: Type.Union([Type.String(), Type.Null()]),
});
export type RunEnded = Omit<Static<typeof RunEnded>, 'state'> & { readonly state: FinalJobState };

/** A line of `jobs/ID/RUN.jsonl`, and the data of an event of `GET /api/jobs/:id/events`. */
export type RecordedEvent = (BuildEvent & { readonly atMs: number }) | RunEnded;
