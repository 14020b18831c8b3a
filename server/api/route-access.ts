import type { FastifyInstance, FastifySchema } from 'fastify';

import type { Role } from '../access/index.ts';

/**
 * Who may have a route. `open`: anybody (what it gives is nobody's secret, or is how one comes in). `signed`: it checks a signature itself.
 * `git`: git's clients, with HTTP Basic; who may push is git's to say.
 */
export type RouteAccess = Role | 'open' | 'signed' | 'git';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** A route as it was added. */
export interface KnownRoute {
  readonly method: string;
  /** With its parameters' names: `/api/jobs/:id`. */
  readonly url: string;
  readonly access: RouteAccess;
  readonly schema: FastifySchema | undefined;
  readonly isWebSocket: boolean;
}

/** A route that does not say who may have it is a mistake, found when the server starts. Gives those that are added from now on. */
export function demandAccessOfRoutes(app: FastifyInstance): readonly KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ config, method, url, schema, wsHandler }) => {
    const access = config?.access;
    if (access === undefined) throw new Error(`${String(method)} ${url} does not say who may have it`);
    for (const one of [method].flat())
      routes.push({ method: one, url, access, schema, isWebSocket: wsHandler !== undefined });
  });
  return routes;
}
