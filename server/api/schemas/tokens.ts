import { type Static, Type } from 'typebox';

import { Count, Role, strict, TimeMs, listOf } from './words.ts';

export const TokenName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$',
  description: 'Letters, digits, blanks, dots, hyphens, underscores and @; at most 64.',
});

const Token = Type.Object({
  id: Count,
  name: Type.String(),
  role: Role,
  createdAtMs: TimeMs,
  /** To the hour; null: never. */
  lastUsedAtMs: Type.Union([TimeMs, Type.Null()]),
});
export const TokenList = listOf(Token);
export type TokenList = Static<typeof TokenList>;

export const NewToken = Type.Object({ name: TokenName, role: Role }, strict);

/** The only answer with a token in it. */
export const CreatedToken = Type.Object({ id: Count, name: Type.String(), role: Role, token: Type.String() });
export type CreatedToken = Static<typeof CreatedToken>;

export const TokenPlace = Type.Object({ id: Count }, strict);
