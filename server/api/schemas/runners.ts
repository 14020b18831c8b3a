import { type Static, Type } from 'typebox';

import { TimeMs, listOf } from './words.ts';

const Worker = Type.Object({
  kind: Type.Union([Type.Literal('build'), Type.Literal('terminal'), Type.Literal('websites')]),
  job: Type.Integer(),
  sinceMs: TimeMs,
  /** How many machines it has running. */
  machines: Type.Integer(),
  memoryMib: Type.Integer(),
});

const Waiting = Type.Object({
  job: Type.Integer(),
  sinceMs: TimeMs,
  /** As it completes "waits for …". */
  for: Type.String(),
});

/** What runs, what there is room for, and what waits. */
export const Runners = Type.Object({
  machines: Type.Object({ running: Type.Integer(), limit: Type.Integer() }),
  memory: Type.Object({ usedMib: Type.Integer(), limitMib: Type.Integer() }),
  workers: listOf(Worker),
  waiting: listOf(Waiting),
});
export type Runners = Static<typeof Runners>;
