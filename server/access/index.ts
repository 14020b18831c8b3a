/**
 * Who asks, and what they may do. Invariants: tokens and session cookies are kept as hashes only; a revoked token's sessions end
 * with it; nothing here knows HTTP.
 */
export { Access, type KnownCaller, type KnownToken, SESSION_MS } from './access.ts';
export { type Caller, mayAct, type Role } from './caller.ts';
export { isSame } from './secret-text.ts';
export { ACCESS_TABLES } from './tables.ts';
