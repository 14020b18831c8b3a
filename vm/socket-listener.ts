import { createServer, type Server, type Socket } from 'node:net';

/** A Unix socket that accepts exactly one connection: QEMU's, as it starts. */
export interface SocketListener {
  readonly accepted: Promise<Socket>;
  close(): void;
}

/** Listens at `path` (a file in a folder only we can enter; at most 107 bytes, sun_path of unix(7)). */
export async function listenOnce(path: string): Promise<SocketListener> {
  const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    server.close();
    resolve(socket);
  });
  const listening = Promise.withResolvers<undefined>();
  server.once('error', listening.reject);
  server.listen(path, () => listening.resolve(undefined));
  await listening.promise;
  return { accepted, close: () => void server.close() };
}
