import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

import { LayerError } from '../../util/layer-error.ts';

/** Never an address that others can reach: what is exposed is for this host. */
const LOOPBACK = '127.0.0.1';
const WEBSITE_PORTS = { first: 20_000, count: 10_000 };

/** Where a Layerfile's websites are served if the port is free: the same in every run, so that bookmarks and cookies last. */
export function preferredPort(workspaceRoot: string, layerfile: string): number {
  const hash = createHash('sha256').update(`${workspaceRoot}\0${layerfile}`).digest();
  return WEBSITE_PORTS.first + (hash.readUInt32BE(0) % WEBSITE_PORTS.count);
}

/** Listens on `preferred` or the next free port for websites. Throws `PORT_UNAVAILABLE` where none is to be had. */
export async function listenNear(server: Server, preferred: number): Promise<number> {
  const { first, count } = WEBSITE_PORTS;
  for (let tried = 0; tried < count; tried++) {
    const port = first + ((preferred - first + tried) % count);
    const problem = await listen(server, port);
    if (problem === null) return port;
    if (problem.code !== 'EADDRINUSE')
      throw new LayerError('PORT_UNAVAILABLE', `Port ${port} of this host cannot be listened on`, { cause: problem });
  }
  throw new LayerError('PORT_UNAVAILABLE', `No port from ${first} to ${first + count - 1} is free on this host`);
}

/** Listens on exactly `port`; `wanted` says who wants it, for the `PORT_UNAVAILABLE` that is thrown where it is taken. */
export async function listenAt(server: Server, port: number, wanted: string): Promise<void> {
  const problem = await listen(server, port);
  if (problem === null) return;
  const why = problem.code === 'EADDRINUSE' ? 'is taken' : 'cannot be listened on';
  throw new LayerError('PORT_UNAVAILABLE', `${wanted}: port ${port} of this host ${why}`, {
    cause: problem,
    hint: 'End the program that has it, or name another port first: `EXPOSE TCP 15432 :5432`.',
  });
}

async function listen(server: Server, port: number): Promise<NodeJS.ErrnoException | null> {
  try {
    server.listen({ host: LOOPBACK, port, exclusive: true });
    await once(server, 'listening');
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** A server that is closed with all its connections, upgraded ones included, when its scope ends. */
export function closing(server: Server): AsyncDisposable {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
