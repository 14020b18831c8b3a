import { type ChildProcess, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { gitEnvironment } from '../git-environment.ts';
import type { GitSettings } from '../git-settings.ts';
import { complaintOf, endGroup } from '../run-git.ts';
import { type CgiHead, readCgiHead } from './cgi-head.ts';
import type { GitRoute } from './git-route.ts';
import { requestVariables } from './request-variables.ts';

export interface BackendCall {
  readonly route: GitRoute;
  readonly folder: string;
  readonly settings: GitSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
  /** Neither a byte of the request nor one of the answer for so long, and it is ended. */
  readonly idleMs: number;
}

/** How it ended: `trouble` is what went wrong for who runs the server, null where nothing did. */
export interface BackendEnd {
  readonly trouble: string | null;
}

const MAX_COMPLAINT = 8192;
/** A process that has lost its client gets as long to clean up behind it. */
const GRACE_MS = 10_000;

/**
 * Has git's own http-backend answer a request. A client that goes away ends a fetch at once. A push whose body has come in
 * whole is let finish, since its refs may have changed and its hook must run; one whose body has not sees the end of its
 * input, and git removes what it had received.
 */
export async function answerByBackend(
  request: IncomingMessage,
  response: ServerResponse,
  call: BackendCall,
): Promise<BackendEnd> {
  const child = spawn('git', ['http-backend'], {
    cwd: call.folder,
    env: gitEnvironment(call.settings, { ...requestVariables(request, call.route, call.folder), ...call.environment }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-MAX_COMPLAINT)));
  const idle = setTimeout(() => endGently(child, exited), call.idleMs);
  const alive = (): void => void idle.refresh();
  request.on('data', alive);
  child.stdout.on('data', alive);
  const left = (): void => whenClientLeft(request, child, call.route, exited);
  response.once('close', left);
  const sent = sendBody(request, child, call.maxBodyBytes);
  try {
    const status = await answer(child, response);
    const isTooLarge = await Promise.race([sent, exited.then(() => false)]);
    const trouble = complaint === '' && !isTooLarge && status < 500 ? null : complaintOf(complaint);
    return { trouble };
  } finally {
    response.removeListener('close', left);
    await exited;
    clearTimeout(idle);
  }
}

/** Resolves to true where it was more than allowed. What git does not want to read is read here, so that the client gets to see why. */
async function sendBody(request: IncomingMessage, child: ChildProcess, maxBytes: number): Promise<boolean> {
  let [bytes, isTooLarge] = [0, false];
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      isTooLarge = bytes > maxBytes;
      if (isTooLarge) done(new Error('too large'));
      else done(null, chunk);
    },
  });
  const { stdin } = child;
  if (stdin === null) return false;
  stdin.on('error', () => undefined);
  try {
    await pipeline(request, counted, stdin, { end: true });
  } catch {
    stdin.destroy();
    // `bytes` goes on counting what nobody reads.
    request.on('data', (chunk: Buffer) => (bytes += chunk.length) > maxBytes && request.destroy());
    if (isTooLarge) request.destroy();
  }
  return isTooLarge;
}

/** Passes on what the program says, no faster than the client takes it. Resolves to the status. */
async function answer(child: ChildProcess, response: ServerResponse): Promise<number> {
  const { stdout } = child;
  if (stdout === null) return 500;
  const head = await headOf(stdout);
  if (head === null) {
    refuse(response, 500, 'git could not answer; the server log says more');
    return 500;
  }
  if (!response.headersSent && !response.destroyed) {
    response.writeHead(head.status, { ...head.headers, 'X-Content-Type-Options': 'nosniff' });
    response.write(head.rest);
  }
  await passOn(stdout, response);
  return head.status;
}

/**
 * Until all is said, or the client has gone: then what is still said is for nobody, but it is read to the end. A git that
 * cannot write is killed by that (SIGPIPE, which it raises itself) and leaves behind what it had received.
 */
async function passOn(stdout: Readable, response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = (): void => resolve(undefined);
  response.once('close', done).once('finish', done).on('error', done);
  stdout.once('error', done);
  if (response.destroyed) done();
  else stdout.pipe(response);
  await promise;
  stdout.unpipe(response);
  stdout.resume();
}

async function headOf(stdout: NodeJS.ReadableStream): Promise<CgiHead | null> {
  let bytes = Buffer.alloc(0);
  const { promise, resolve } = Promise.withResolvers<CgiHead | null>();
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const head = readCgiHead(bytes);
    if (head === null) return;
    // At once: several pieces may come in one turn of the loop.
    stdout.pause().removeListener('data', onData);
    resolve(head === 'bad' ? null : head);
  };
  const onEnd = (): void => resolve(null);
  stdout.on('data', onData).once('end', onEnd).once('close', onEnd);
  return promise;
}

function whenClientLeft(
  request: IncomingMessage,
  child: ChildProcess,
  { service }: GitRoute,
  exited: Promise<void>,
): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (service === 'receive-pack' && request.complete) return;
  child.stdin?.destroy();
  if (service === 'upload-pack') endGently(child, exited);
  else killAfterGrace(child, exited);
}

function endGently(child: ChildProcess, exited: Promise<void>): void {
  endGroup(child.pid, 'SIGTERM');
  killAfterGrace(child, exited);
}

function killAfterGrace(child: ChildProcess, exited: Promise<void>): void {
  const timer = setTimeout(() => endGroup(child.pid), GRACE_MS);
  void exited.then(() => clearTimeout(timer));
}

/** A plain answer in words, where none has begun. */
export function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(`${message}\n`);
}
