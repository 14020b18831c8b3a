import type { IncomingHttpHeaders } from 'node:http';

import { guestCookie, readCookies } from './cookies.ts';
import type { WebsiteAddress } from './website-address.ts';

/**
 * What would count for more than the answer that it comes with: for all of the origin, or of the host. Below the dashboard's origin no
 * guest may say such a thing, nor have people asked for a password there.
 */
const OF_THE_ORIGIN = [
  'alt-svc',
  'clear-site-data',
  'nel',
  'public-key-pins',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'strict-transport-security',
  'www-authenticate',
];

/**
 * A page below the dashboard's origin is of no origin at all: its scripts reach neither the dashboard nor its cookies (CSP 3, 6.3.2).
 */
const SANDBOX = 'sandbox allow-scripts allow-forms allow-popups';

/** Layer's tokens begin so. */
const OWN_TOKEN = /\blayer_/;

/** Takes from a request what is Layer's, and tells the guest where it is. */
export function cleanRequest(headers: IncomingHttpHeaders, { form, prefix }: WebsiteAddress): void {
  const { rest } = readCookies(headers.cookie);
  if (rest === undefined) delete headers.cookie;
  else headers.cookie = rest;
  // Under a host of its own a website may well ask for a password or give out tokens: those are its own.
  if (form === 'path' || OWN_TOKEN.test(decoded(headers.authorization ?? ''))) delete headers.authorization;
  delete headers['proxy-authorization'];
  delete headers['x-layer-csrf'];
  delete headers['x-forwarded-prefix'];
  if (form === 'path') headers['x-forwarded-prefix'] = prefix;
}

/** Takes from an answer what a guest may not say. `host`: as it was asked for. */
export function cleanAnswer(headers: IncomingHttpHeaders, { form, prefix }: WebsiteAddress, host: string): void {
  const cookies = (headers['set-cookie'] ?? []).flatMap((cookie) => guestCookie(cookie, prefix) ?? []);
  if (cookies.length === 0) delete headers['set-cookie'];
  else headers['set-cookie'] = cookies;
  delete headers['strict-transport-security'];
  delete headers['alt-svc'];
  if (form === 'host') return;
  for (const name of OF_THE_ORIGIN) Reflect.deleteProperty(headers, name);
  // Of several policies each counts (CSP 3, 8.1).
  headers['content-security-policy'] = [SANDBOX, headers['content-security-policy'] ?? []].flat().join(', ');
  headers['x-content-type-options'] = 'nosniff';
  // The address has a key in it.
  headers['referrer-policy'] = 'no-referrer';
  for (const name of ['location', 'content-location'] as const) {
    const location = headers[name];
    if (location !== undefined) headers[name] = below(prefix, location, host);
  }
}

/** A place on this host, moved below `prefix`; any other as it is. */
function below(prefix: string, location: string, host: string): string {
  const [, origin, rest = ''] = /^https?:\/\/([^/?#\\]*)(.*)$/i.exec(location) ?? [];
  if (origin?.toLowerCase() === host.toLowerCase()) return `${prefix}${rest.startsWith('/') ? rest : `/${rest}`}`;
  return /^\/(?![/\\])/.test(location) ? `${prefix}${location}` : location;
}

/** HTTP Basic has it in base64. */
function decoded(authorization: string): string {
  const [, basic] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  return basic === undefined ? authorization : Buffer.from(basic, 'base64').toString('latin1');
}
