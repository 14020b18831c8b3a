import { type Static, Type } from 'typebox';

import { Milliseconds, RepositoryName, strict, listOf } from './words.ts';

export const HistoryQuery = Type.Object(
  {
    repository: Type.Optional(RepositoryName),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, description: '30 by default.' })),
  },
  strict,
);

/** Days on which nothing ended are left out. */
export const History = listOf(
  Type.Object({
    /** `2026-11-22`, UTC. */
    day: Type.String(),
    /** How many jobs ended that day. */
    jobs: Type.Integer(),
    failed: Type.Integer(),
    /** Null where none ran to an end. */
    medianDurationMs: Type.Union([Milliseconds, Type.Null()]),
    /** Steps. */
    restored: Type.Integer(),
    ran: Type.Integer(),
    savedMs: Milliseconds,
  }),
);
export type History = Static<typeof History>;
