import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';

import { LayerError } from '../../util/layer-error.ts';
import { HttpError } from './http-error.ts';
import type { ErrorAnswer } from './schemas/index.ts';

/** What of the environment's errors is the asker's: a name or a value that does not do. */
const ASKERS_FAULTS = new Set(['USAGE', 'LAYERFILE_MISSING', 'STATE_MISSING', 'SECRET_MISSING']);

/** All answers that are no success have one form, and none of them says more of us than it must. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof HttpError) return answer(reply, error.statusCode, error.code, error.message, error.hint);
    if (error instanceof LayerError) {
      const status = ASKERS_FAULTS.has(error.code) ? 400 : 503;
      if (status === 503) request.log.error({ err: error }, 'the environment failed');
      return answer(reply, status, error.code.toLowerCase(), error.message, error.hint);
    }
    const status = statusOf(error);
    if (status < 500) return answer(reply, status, status === 413 ? 'too_large' : 'invalid', (error as Error).message);
    request.log.error({ err: error }, 'internal error');
    return answer(reply, 500, 'internal', 'Internal error', 'The log of the server says more.');
  });
}

/** What Fastify refuses before there is a route: an address that is no UTF-8, or a name that is too long. */
export function answerFrameworkError(error: FastifyError, _request: unknown, reply: FastifyReply): void {
  void answer(reply, statusOf(error), 'invalid', 'This is no address of this server');
}

function answer(reply: FastifyReply, status: number, code: string, message: string, hint?: string): FastifyReply {
  const body: ErrorAnswer = { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

/** Fastify's own errors carry one. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
