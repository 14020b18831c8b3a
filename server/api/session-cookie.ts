import type { FastifyReply } from 'fastify';

import { SESSION_MS } from '../access/index.ts';
import { SESSION_COOKIE } from './presented.ts';
import type { OwnAddress } from './request-origin.ts';

/** Scripts cannot read it, no other site's page sends it, and where people come by https it never goes without. */
export function setSessionCookie(reply: FastifyReply, cookie: string, own: OwnAddress): void {
  void reply.setCookie(SESSION_COOKIE, cookie, { ...attributes(own), maxAge: SESSION_MS / 1000 });
}

export function clearSessionCookie(reply: FastifyReply, own: OwnAddress): void {
  void reply.clearCookie(SESSION_COOKIE, attributes(own));
}

function attributes({ publicUrl }: OwnAddress): { path: '/'; httpOnly: true; sameSite: 'strict'; secure: boolean } {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: publicUrl?.protocol === 'https:' };
}
