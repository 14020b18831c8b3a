import { createHmac, createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { headerOf, type WebhookKind } from './forge-kinds.ts';

/**
 * Whether a webhook is from who knows `secret`. Takes as long for any signature, and for a secret that is not there (null), for
 * which none is right.
 */
export function isSigned(
  kind: WebhookKind,
  headers: IncomingHttpHeaders,
  body: Buffer,
  secret: string | null,
): boolean {
  const given = headerOf(headers, kind.signatureHeaders);
  const key = secret ?? 'none';
  const digest = createHmac('sha256', key).update(body).digest('hex');
  const same = kind.proof === 'token' ? isSame(given, key) : isSame(given.replace(/^sha256=/, ''), digest);
  return same && secret !== null;
}

/** Digests are of one length, whatever was given. */
function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
