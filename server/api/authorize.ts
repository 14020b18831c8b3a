import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { type Access, isSame, type KnownCaller, mayAct, type Role } from '../access/index.ts';
import { forbidden, HttpError, unauthorized } from './http-error.ts';
import type { Guards } from './guards.ts';
import { presentedBy, SESSION_COOKIE } from './presented.ts';
import { isFromElsewhere, isFromOurPage, isOwnHost, type OwnAddress } from './request-origin.ts';
import { setSessionCookie } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null on routes that are open to everybody. */
    caller: KnownCaller | null;
  }
}

const CSRF_HEADER = 'x-layer-csrf';
const HARMLESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Everything that a request must pass before anything of it is read: where it is sent to, where from, who by, how often. */
export function authorizeRequests(
  app: FastifyInstance,
  { access, own, guards }: { readonly access: Access; readonly own: OwnAddress; readonly guards: Guards },
): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    if (!isOwnHost(request.headers.host, own))
      throw new HttpError(421, 'wrong_host', 'This server is not called that', 'Start it with --public-url URL.');
    const isHarmless = HARMLESS_METHODS.has(request.method) && !request.ws;
    if (!isHarmless && isFromElsewhere(request.headers, own))
      throw forbidden('This was sent by a page of another site');
    const needed = request.is404 ? 'open' : request.routeOptions.config.access;
    if (needed === undefined) throw forbidden('Nobody may have this');
    if (needed === 'open' || needed === 'signed') {
      await guards.count(request, null);
      return;
    }
    const caller = await callerOf(request, reply, access, guards);
    // Who may push is git's to say, which knows what is a push.
    demandRole(caller, needed === 'git' ? 'read' : needed);
    if (caller.by === 'session') {
      if (!isHarmless) demandCsrf(request, caller, own);
      if (caller.isProlonged === true) setSessionCookie(reply, request.cookies[SESSION_COOKIE] ?? '', own);
    }
    request.caller = caller;
  });
}

async function callerOf(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  guards: Guards,
): Promise<KnownCaller> {
  const isGit = request.routeOptions.config.access === 'git';
  const { caller, isTried } = presentedBy(access, {
    headers: request.headers,
    cookie: request.cookies[SESSION_COOKIE],
    isWebSocket: request.ws,
    isGit,
  });
  await guards.count(request, caller);
  if (caller !== null) return caller;
  if (isTried) await guards.countFailure(request, reply);
  if (isGit) reply.header('www-authenticate', 'Basic realm="layer", charset="UTF-8"');
  throw unauthorized();
}

function demandRole(caller: KnownCaller, role: Role): void {
  if (!mayAct(caller, role)) throw forbidden(`This needs the role ${role}`, `Yours is ${caller.role}.`);
}

function demandCsrf(request: FastifyRequest, caller: KnownCaller, own: OwnAddress): void {
  if (!isFromOurPage(request.headers, own)) throw forbidden('This was not sent by a page of this server');
  // A WebSocket's page cannot send headers: that it is ours is known by the Origin.
  if (request.ws) return;
  const sent = request.headers[CSRF_HEADER];
  if (typeof sent !== 'string' || !isSame(sent, caller.csrf ?? ''))
    throw forbidden(`The header ${CSRF_HEADER} is not that of this session`, 'GET /api/session tells it.');
}
