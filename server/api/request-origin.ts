import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Where the server is reached. */
export interface OwnAddress {
  /** What it listens on: a name or an address. */
  readonly host: string;
  /** What people outside call it, behind a proxy as a rule; null: nothing else. */
  readonly publicUrl: URL | null;
}

const WILDCARDS = new Set(['0.0.0.0', '::']);

/**
 * Whether a `Host` header names this server. A page of somebody else's whose name was made to resolve to our address (DNS rebinding)
 * sends its own name here, and is refused.
 */
export function isOwnHost(header: string | undefined, own: OwnAddress): boolean {
  const name = hostName(header);
  if (name === null) return false;
  if (name === 'localhost' || name.endsWith('.localhost') || name === '127.0.0.1' || name === '::1') return true;
  if (name === own.host.toLowerCase() || name === own.publicUrl?.hostname.replace(/^\[|\]$/g, '')) return true;
  // Nobody's name resolves to anything here: an address was typed.
  return WILDCARDS.has(own.host) && isIP(name) !== 0;
}

/**
 * Whether a browser says that a page from elsewhere sent this. Programs send neither header, and no cookie that would do harm; browsers
 * send at least one of them with all that is no plain GET, and no page can change them.
 */
export function isFromElsewhere(headers: IncomingHttpHeaders, own: OwnAddress): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined) return !isOwnOrigin(origin, headers.host, own);
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Whether a browser says that a page of ours sent this. */
export function isFromOurPage(headers: IncomingHttpHeaders, own: OwnAddress): boolean {
  const isSaid = headers.origin !== undefined || headers['sec-fetch-site'] === 'same-origin';
  return isSaid && !isFromElsewhere(headers, own);
}

function isOwnOrigin(origin: string, host: string | undefined, { publicUrl }: OwnAddress): boolean {
  if (publicUrl !== null && origin === publicUrl.origin) return true;
  return host !== undefined && origin === `http://${host.toLowerCase()}`;
}

/** Without the port, in small letters; null where it is no host. */
function hostName(header: string | undefined): string | null {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (parts?.[1] ?? parts?.[2])?.toLowerCase() ?? null;
}
