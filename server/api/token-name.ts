import { Value } from 'typebox/value';

import { TokenName } from './schemas/tokens.ts';

export function isTokenName(name: string): boolean {
  return Value.Check(TokenName, name);
}
