import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

import type { KnownCaller } from '../access/index.ts';
import type { Guards } from './guards.ts';
import { unauthorized } from './http-error.ts';
import type { OpenStreams } from './open-streams.ts';
import type { OwnAddress } from './request-origin.ts';
import type { Services } from './services.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What routes are made with. */
export interface RouteContext {
  readonly services: Services;
  readonly guards: Guards;
  readonly streams: OpenStreams;
  readonly own: OwnAddress;
  /** Where people reach the server, without a slash at the end. Known once it listens. */
  readonly baseUrl: () => string;
  /** Version of Layer. */
  readonly version: string;
}

/** Who asks, on a route that is not open. */
export function callerOf(request: { readonly caller: FastifyRequest['caller'] }): KnownCaller {
  if (request.caller === null) throw unauthorized();
  return request.caller;
}
