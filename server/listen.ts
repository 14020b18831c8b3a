import { LayerError } from '../util/layer-error.ts';
import type { App } from './api/app-type.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'it is no address of this host',
  ENOTFOUND: 'there is no host of that name',
};

/** Resolves to the URL. Throws `PORT_UNAVAILABLE`. */
export async function listen(app: App, { host, port }: Address): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const reason = REASONS[(cause as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw cause;
    throw new LayerError('PORT_UNAVAILABLE', `Cannot listen on port ${port} of ${host}: ${reason}`, {
      hint: 'Choose another: --listen 8465, or :0 for any that is free.',
    });
  }
  return urlOf(app, host);
}

/** By which this host reaches it. */
export function urlOf(app: App, host: string): string {
  const address = app.server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
