import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { once } from 'node:events';

import { LayerError } from '../../../util/layer-error.ts';
import { printableLine } from '../../../util/printable-text.ts';
import { type HookAnswer, type HookMessage, MAX_MESSAGE_BYTES, readHookMessage } from './hook-message.ts';

export interface HookListenerOptions {
  /** `hook.sock`. */
  readonly socket: string;
  /** What to say to who pushed, line by line; ended early when the pusher goes away. */
  readonly answer: (message: HookMessage, signal: AbortSignal) => AsyncIterable<string>;
  readonly onTrouble?: (error: unknown) => void;
}

/** More pushes at once than a server has places for. */
const MAX_HOOKS = 500;
const MESSAGE_LIMIT_MS = 30_000;
const MAX_LINE = 300;

/** Listens for the hooks of repositories. The socket is for the server's own user alone. */
export async function listenForHooks(options: HookListenerOptions): Promise<AsyncDisposable> {
  const { socket: path } = options;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= MAX_HOOKS) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void serve(socket, options);
  });
  await listen(server, path);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

/** What a killed server left goes first: there is one server for a data folder. The path may be longer than a socket's (unix(7)). */
async function listen(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true });
  const folder = openSync(dirname(path), 'r');
  try {
    server.listen(`/proc/self/fd/${folder}/${basename(path)}`);
    await once(server, 'listening');
    chmodSync(path, 0o600);
  } catch (cause) {
    throw new LayerError('CACHE_UNUSABLE', `Cannot listen at ${path}`, { cause });
  } finally {
    closeSync(folder);
  }
}

async function serve(socket: Socket, { answer, onTrouble }: HookListenerOptions): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  socket.on('error', () => undefined);
  try {
    const message = await readMessage(socket);
    if (message === null)
      send(socket, { say: 'Layer: the CI server does not understand this hook; install it again.' });
    else for await (const line of answer(message, gone.signal)) send(socket, { say: lineOf(line) });
  } catch (error) {
    if (!gone.signal.aborted) onTrouble?.(error);
    send(socket, { say: 'Layer: the CI server cannot take this now; its log says why. The push stands.' });
  }
  send(socket, { end: true });
  socket.end();
}

/** Null for what is none, too long or too late. */
async function readMessage(socket: Socket): Promise<HookMessage | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    const end = chunk.indexOf(10);
    pieces.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end !== -1) resolve(Buffer.concat(pieces).toString('utf8'));
    else if (bytes > MAX_MESSAGE_BYTES) resolve(null);
  });
  socket.once('close', () => resolve(null));
  const timer = setTimeout(() => resolve(null), MESSAGE_LIMIT_MS);
  const line = await promise;
  clearTimeout(timer);
  socket.removeAllListeners('data').resume();
  return line === null ? null : readHookMessage(line);
}

function send(socket: Socket, answer: HookAnswer): void {
  if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
}

function lineOf(text: string): string {
  const line = printableLine(text);
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
}
