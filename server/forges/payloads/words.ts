import { Type } from 'typebox';

/** Hex ids; all zeros for none. */
export const COMMIT = Type.String({ pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' });
export const NAME = Type.String({ minLength: 1, maxLength: 1000 });
export const REF = Type.String({ minLength: 1, maxLength: 1024 });
export const NUMBER = Type.Integer({ minimum: 1, maximum: 1e15 });
export const PERSON = Type.String({ maxLength: 200 });
