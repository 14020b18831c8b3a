/**
 * The HTTP API: its routes, their schemas, who may have them. It knows the other rooms by `services.ts` only.
 *
 * Invariants:
 * - every route says who may have it, or the server does not start; what is not said is refused;
 * - everything that comes in is checked against a schema, and what a schema does not have is refused;
 * - a reader that does not read costs no memory: streams wait for it.
 */
export { type ApiApp, type AppOptions, makeApp } from './app.ts';
export type { App } from './app-type.ts';
export type { OpenStreams } from './open-streams.ts';
export type { FoundCommit, JobService, RepositoryService, Services } from './services.ts';
