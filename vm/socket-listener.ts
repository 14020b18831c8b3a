import { createServer, type Server, type Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';

/** A Unix socket that accepts exactly one connection: QEMU's, as it starts. */
export interface SocketListener extends Disposable {
  readonly accepted: Promise<Socket>;
  /** Stops listening. The accepted connection stays open. */
  close(): void;
  /** Stops listening and ends the connection. */
  [Symbol.dispose](): void;
}

/** The longest path of a Unix socket, in bytes: sun_path of unix(7) with its final NUL. */
const PATH_MAX_BYTES = 107;

/** Listens at `path` (a file in a folder only we can enter). Throws `MACHINE_START` where that cannot be. */
export async function listenOnce(path: string): Promise<SocketListener> {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES)
    throw new LayerError('MACHINE_START', `${path} is too long a path for a socket`, {
      hint: 'Set TMPDIR to a shorter one.',
    });
  const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
  let connection: Socket | undefined;
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    // From its first moment: QEMU may end, and the connection with it, before anybody uses it.
    socket.on('error', () => undefined);
    connection = socket;
    server.close();
    resolve(socket);
  });
  const listening = Promise.withResolvers<undefined>();
  server.on('error', (cause) =>
    listening.reject(new LayerError('MACHINE_START', `Cannot listen at ${path}`, { cause })),
  );
  server.listen(path, () => listening.resolve(undefined));
  await listening.promise;
  const close = (): void => void server.close();
  const dispose = (): void => {
    close();
    connection?.destroy();
  };
  return { accepted, close, [Symbol.dispose]: dispose };
}
