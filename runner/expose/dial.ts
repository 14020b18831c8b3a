import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';

import type { ExposeWebsiteInstruction } from '../../grammar/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { namedWait } from '../../util/named-wait.ts';
import type { Forwarded, Machine } from '../../vm/index.ts';

/** What is exposed of a machine needs no more of it. */
export type Guest = Pick<Machine, 'forward'>;

const HANDSHAKE_LIMIT_MS = 30_000;

/** A connection to a website in the guest, over which HTTP is spoken: for `https` inside a TLS one. */
export async function dialWebsite(
  guest: Guest,
  { scheme, host, port }: ExposeWebsiteInstruction,
  signal?: AbortSignal,
): Promise<Forwarded> {
  const forwarded = await guest.forward(bareHost(host), port, signal);
  return scheme === 'http' || !forwarded.ok ? forwarded : encrypt(forwarded.connection, bareHost(host), signal);
}

/**
 * The certificate is not checked: it is the guest's own, as a rule signed by nobody, and the way to it is a private port
 * of its machine.
 */
async function encrypt(connection: Duplex, host: string, signal?: AbortSignal): Promise<Forwarded> {
  const { connect } = await import('node:tls');
  const encrypted = connect({
    socket: connection,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  const { promise: secured, resolve } = Promise.withResolvers<Forwarded>();
  encrypted.once('secureConnect', () => resolve({ ok: true, connection: encrypted }));
  encrypted.once('error', (error: Error) => resolve({ ok: false, why: `no TLS connection: ${reasonOf(error)}` }));
  encrypted.once('close', () => resolve({ ok: false, why: 'no TLS connection: the guest closed it' }));
  try {
    return await namedWait({ name: 'a TLS connection to the guest', limitMs: HANDSHAKE_LIMIT_MS, signal }, secured);
  } catch (error) {
    encrypted.destroy();
    if (!(error instanceof LayerError)) throw error;
    return { ok: false, why: `no TLS connection within ${HANDSHAKE_LIMIT_MS / 1000} s` };
  }
}

/** OpenSSL's words without its places in its own sources. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

/** An IPv6 address without the brackets that it has in a URL. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
