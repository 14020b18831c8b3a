import { Type } from 'typebox';

import { type App, type RouteContext } from '../app-type.ts';
import { StreamBody } from '../schemas/index.ts';
import type { ServerMetrics } from '../../operations/index.ts';

const Health = Type.Object({ status: Type.String() });

/** For whoever watches over the server. */
export function operationRoutes(app: App, { services, version }: RouteContext, metrics: ServerMetrics): void {
  const tags = ['operations'];

  app.get(
    '/healthz',
    {
      config: { access: 'open' },
      schema: { summary: 'Whether the process answers', tags, response: { 200: Health } },
    },
    () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'open' },
      schema: { summary: 'Whether it takes work', tags, response: { 200: Health, 503: Health } },
    },
    (_request, reply) => {
      const trouble = services.unreadiness();
      void reply.code(trouble === null ? 200 : 503);
      return { status: trouble ?? 'ok' };
    },
  );

  app.get(
    '/metrics',
    {
      config: { access: 'read' },
      schema: { summary: 'Figures for Prometheus', tags, produces: ['text/plain'], response: { 200: StreamBody } },
    },
    async (_request, reply) => {
      void reply.header('content-type', metrics.contentType);
      return await metrics.text();
    },
  );

  app.get(
    '/api/openapi.json',
    {
      config: { access: 'read' },
      schema: { summary: `This description, of Layer ${version}`, tags, response: { 200: Type.Any() } },
    },
    () => app.swagger(),
  );
}
