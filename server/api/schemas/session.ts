import { type Static, Type } from 'typebox';

import { Role, strict } from './words.ts';

export const Login = Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }) }, strict);

export const Session = Type.Object({
  /** The token's. */
  name: Type.String(),
  role: Role,
  /** To be sent back as the header `x-layer-csrf` by a session with all that changes something; null for a caller with a token. */
  csrf: Type.Union([Type.String(), Type.Null()]),
});
export type Session = Static<typeof Session>;
