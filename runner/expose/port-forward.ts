import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

import type { Guest } from './dial.ts';
import type { ExposedPort } from './exposure.ts';
import { closing, listenAt } from './loopback.ts';

/**
 * EXPOSE TCP: every connection to the host's port becomes one to the guest's, and either side may stop sending before
 * the other does.
 */
export async function forwardPort(guest: Guest, { instruction, place }: ExposedPort): Promise<AsyncDisposable> {
  const { hostPort, guestPort } = instruction;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    void connect(socket, guest, guestPort);
  });
  const close = closing(server);
  await listenAt(server, hostPort, place);
  return close;
}

async function connect(socket: Socket, guest: Guest, guestPort: number): Promise<void> {
  socket.on('error', () => socket.destroy());
  const forwarded = await guest.forward('localhost', guestPort).catch(() => null);
  if (forwarded?.ok !== true) {
    // As if nobody listened on the host's port either, which is as near as can be to the truth.
    socket.resetAndDestroy();
    return;
  }
  const { connection } = forwarded;
  if (socket.destroyed) connection.destroy();
  // An error of either direction ends both; there is nobody to tell.
  pipeline(socket, connection, () => undefined);
  pipeline(connection, socket, () => undefined);
}
