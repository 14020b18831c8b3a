import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

import ssh2, { type Client, type Connection } from 'ssh2';

import type { Guest } from '../../runner/expose/dial.ts';
import { connectInGuest } from '../../vm/guest-connection.ts';

/**
 * A guest without a machine: an SSH server in this process, which forwards to ports of this host. Between it and what is
 * tested is the same client and the same kind of connection as on a real machine. Ports are asked for as they are here.
 */
export class SshGuest implements Guest, AsyncDisposable {
  /** `HOST:PORT` of every connection that was asked for. */
  readonly asked: string[] = [];
  /** The guest's ends of the connections that are open. */
  readonly open = new Set<Socket>();
  readonly #client: Client;
  readonly #end: () => void;

  private constructor(client: Client, end: () => void) {
    this.#client = client;
    this.#end = end;
  }

  static async start(): Promise<SshGuest> {
    const { private: hostKey } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
    const server = new ssh2.Server({ hostKeys: [hostKey] });
    const listener = createServer((socket) => server.injectSocket(socket)).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { readonly port: number };
    const client = new ssh2.Client();
    const guest = new SshGuest(client, () => {
      client.destroy();
      listener.close();
    });
    server.on('connection', (connection) => guest.#serve(connection));
    client.connect({ host: '127.0.0.1', port, username: 'root' });
    await once(client, 'ready');
    return guest;
  }

  async forward(host: string, port: number): ReturnType<Guest['forward']> {
    this.asked.push(`${host}:${port}`);
    return connectInGuest(this.#client, host, port);
  }

  #serve(connection: Connection): void {
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => context.accept());
    connection.on('tcpip', (accept, reject, { destPort }) => {
      const socket = connect({ host: '127.0.0.1', port: destPort, allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        this.open.add(socket);
        socket.once('close', () => this.open.delete(socket));
        const channel = accept();
        pipeline(socket, channel, () => undefined);
        pipeline(channel, socket, () => undefined);
        // As sshd does: a channel that the client closes takes the connection with it.
        channel.once('close', () => socket.destroy());
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    return Promise.resolve();
  }
}
