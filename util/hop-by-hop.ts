import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** RFC 9110, 7.6.1: what is between two neighbours, and not to be passed on. */
const BETWEEN_NEIGHBOURS = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'upgrade'];

/** Drops what `headers` say between neighbours, what `Connection` names among them. Framing stays: see its users. */
export function dropHopByHop(headers: IncomingHttpHeaders): void {
  const named = (headers.connection ?? '').split(',');
  for (const name of [...named, ...BETWEEN_NEIGHBOURS]) {
    const key = name.trim().toLowerCase();
    if (!FRAMING.has(key)) Reflect.deleteProperty(headers, key);
  }
}

/** A sender that names these in `Connection` would take away what delimits its message. */
const FRAMING = new Set(['transfer-encoding', 'content-length', 'host']);

/**
 * Says who asks, as proxies do. What a proxy in front of us has said of itself stays; one that is at a Unix socket has no address,
 * and has said all there is.
 */
export function addForwarded({ headers, socket }: IncomingMessage): void {
  const before = headers['x-forwarded-for'];
  const address = socket.remoteAddress ?? (before === undefined ? '127.0.0.1' : undefined);
  const known = [before, address].filter((each) => each !== undefined);
  headers['x-forwarded-for'] = known.map(String).join(', ');
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-host'] ??= headers.host ?? '';
}
