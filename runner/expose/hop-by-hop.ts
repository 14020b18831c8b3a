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

/** Tells the guest who asks, as proxies do. What a proxy in front of us has said of itself stays. */
export function addForwarded({ headers, socket }: IncomingMessage): void {
  const before = headers['x-forwarded-for'];
  const address = socket.remoteAddress ?? '127.0.0.1';
  headers['x-forwarded-for'] = before === undefined ? address : `${String(before)}, ${address}`;
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-host'] ??= headers.host ?? '';
}
