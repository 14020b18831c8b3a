import type { FastifyInstance } from 'fastify';

import type { ServerMetrics } from '../operations/index.ts';

/** What a log has of an address: without its query, and not more than a line of it. */
const LONGEST_PATH = 200;

/** One line in the log for each request, and its time in the figures. Neither headers nor queries are noted: they hold secrets. */
export function noteRequests(app: FastifyInstance, metrics: ServerMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const durationMs = Math.round(reply.elapsedTime);
    metrics.requestEnded(request.method, route, reply.statusCode, durationMs);
    const path = (request.url.split('?', 1)[0] ?? '').slice(0, LONGEST_PATH);
    const note = { method: request.method, path, status: reply.statusCode, durationMs, who: request.caller?.name };
    if (reply.statusCode >= 500) request.log.error(note, 'request');
    else if (!QUIET.has(route)) request.log.info(note, 'request');
    done();
  });
}

/** Asked every few seconds by those that watch. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics']);
