import type { FastifyInstance } from 'fastify';

import type { Role } from '../access/index.ts';

/**
 * Who may have a route. `open`: anybody (what it gives is nobody's secret, or is how one comes in). `signed`: it checks a signature itself.
 * `git`: git's clients, with a role by what they ask for, and HTTP Basic.
 */
export type RouteAccess = Role | 'open' | 'signed' | 'git';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** A route that does not say who may have it is a mistake, found when the server starts. */
export function demandAccessOfRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} does not say who may have it`);
  });
}
