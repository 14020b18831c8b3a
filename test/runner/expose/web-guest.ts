import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type ExposeWebsiteInstruction, parseLayerfile } from '../../../grammar/index.ts';
import { exposuresOf } from '../../../runner/expose/exposure.ts';
import { closing, listenNear } from '../../../runner/expose/loopback.ts';
import { websiteServer } from '../../../runner/expose/website-proxy.ts';
import { stepsOf } from '../../../runner/step.ts';
import { SshGuest } from '../../helpers/ssh-guest.ts';

const SELF_SIGNED = readFileSync(join(import.meta.dirname, '../../fixtures/self-signed.pem'), 'utf8');

/** A program in the guest that serves HTTP on a port of its own. */
export class GuestServer implements AsyncDisposable {
  readonly server: Server;
  readonly #close: AsyncDisposable;

  private constructor(server: Server) {
    this.server = server;
    this.#close = closing(server);
  }

  static async start(handler: RequestListener, { secure = false } = {}): Promise<GuestServer> {
    const server = secure
      ? createSecureServer({ key: SELF_SIGNED, cert: SELF_SIGNED }, handler)
      : createServer(handler);
    const guest = new GuestServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return guest;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close[Symbol.asyncDispose]();
  }
}

/** What `--up` serves for a Layerfile, with a guest behind it. */
export interface Served extends AsyncDisposable {
  readonly guest: SshGuest;
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/** Serves the EXPOSE WEBSITE lines of `exposes`. */
export async function serve(...exposes: readonly string[]): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const guest = stack.use(await SshGuest.start());
  const websites = await websitesOf(exposes);
  const server = websiteServer({ guest, layerfile: 'web/Layerfile', websites });
  stack.use(closing(server));
  const port = await listenNear(server, 20_000 + (process.pid % 10_000));
  const resources = stack.move();
  const end = async (): Promise<void> => resources.disposeAsync();
  return { guest, server, port, url: `http://localhost:${port}`, [Symbol.asyncDispose]: end };
}

async function websitesOf(exposes: readonly string[]): Promise<readonly ExposeWebsiteInstruction[]> {
  const lines = ['FROM vm/debian:12', ...exposes.map((line) => `EXPOSE WEBSITE ${line}`)];
  const { layerfile } = await parseLayerfile(`${lines.join('\n')}\n`, 'web/Layerfile');
  return exposuresOf(stepsOf(layerfile), 'web/Layerfile').websites;
}

/** A raw connection to `port`, and what came over it so far. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  received = '';
  /** Resolves when the other side has sent all it will. */
  readonly ended: Promise<unknown>;

  constructor(port: number, first = '') {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('data', (text: string) => (this.received += text));
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', resolve);
    });
    this.socket.write(first);
  }

  /** Resolves when `text` has been received. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      if (this.socket.readableEnded || this.socket.destroyed)
        throw new Error(`The connection ended after ${JSON.stringify(this.received)}`);
      await Promise.race([once(this.socket, 'data'), this.ended]);
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
