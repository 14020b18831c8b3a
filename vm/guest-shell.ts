import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { pipeline, type Readable, type Writable } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { discardThrough } from './discard-through.ts';
import { connectInGuest, type Forwarded } from './guest-connection.ts';
import type { GuestControl } from './guest-control.ts';
import { followSize, type GuestTerminal, ptyOptions } from './guest-terminal.ts';

const CONNECT_LIMIT_MS = 60_000;
const START_LIMIT_MS = 60_000;
/** Of a connection inside the guest: its kernel alone would try for two minutes to reach a host that is silent. */
const FORWARD_LIMIT_MS = 30_000;

/** Keys of one base image: ours to log in with, and the image's own, which is pinned. OpenSSH formats. */
export interface ShellKeys {
  readonly clientPrivateKey: string;
  readonly hostPublicKey: string;
}

export interface CommandOptions {
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
  /**
   * What the command reads; nothing where it is left out. A stream is read as fast as the command takes it. Appears in no
   * process's arguments.
   */
  readonly input?: Buffer | Readable | undefined;
  /** Gets stdout in the place of `onOutput`, as fast as it takes it, and is ended when that ends. */
  readonly output?: Writable;
  /** Makes the guest's end a terminal like this one. There stdout and stderr are one, and come as stdout. */
  readonly terminal?: GuestTerminal | undefined;
  /** Gives the command up: `run` rejects with its reason at once. The machine stays usable; so may the command's children. */
  readonly signal?: AbortSignal | undefined;
}

/** How a command in the guest ended: an exit code, or the name of the signal that ended it (`SIGTERM`). */
export type CommandEnd =
  | { readonly exitCode: number; readonly signalName: null }
  | { readonly exitCode: null; readonly signalName: string };

/** Commands in the guest, over SSH on a virtio-serial port: one connection, a channel a command. */
export class GuestShell implements Disposable {
  readonly #client: Client;
  readonly #lost = Promise.withResolvers<never>();

  private constructor(client: Client) {
    this.#client = client;
    this.#lost.promise.catch(() => undefined);
    let cause: Error | undefined;
    client.on('error', (error) => (cause = error));
    client.once('close', () => this.#lost.reject(connectionLost(cause)));
  }

  /** Has the helper bring up a fresh server, drops what an earlier one left in the port, and logs in as root. */
  static async connect(
    port: Socket,
    control: GuestControl,
    keys: ShellKeys,
    signal?: AbortSignal,
  ): Promise<GuestShell> {
    const nonce = `layer-${randomBytes(16).toString('hex')}\n`;
    const wait = { name: 'the shell in the guest', limitMs: CONNECT_LIMIT_MS, signal };
    const reached = discardThrough(port, Buffer.from(nonce));
    reached.catch(() => undefined);
    await control.request('shell', [nonce], { signal });
    await namedWait(wait, reached);
    return new GuestShell(await namedWait(wait, logIn(port, keys)));
  }

  /** Runs `command` by the login shell of root. Throws `MACHINE_DIED` when the connection ends before the command. */
  async run(command: string, options: CommandOptions = {}): Promise<CommandEnd> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    const onAbort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    const { channel, end } = this.#start(command, options);
    try {
      await namedWait({ name: 'the guest to start a command', limitMs: START_LIMIT_MS, signal }, channel);
      return await Promise.race([end, aborted, this.#lost.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      channel.then(giveUp, () => undefined);
    }
  }

  /** The channel is followed from its first moment: all of a short command may come in one piece. */
  #start(command: string, options: CommandOptions): StartedCommand {
    const { promise: channel, resolve, reject } = Promise.withResolvers<ClientChannel>();
    const end = Promise.withResolvers<CommandEnd>();
    for (const promise of [channel, end.promise]) promise.catch(() => undefined);
    this.#lost.promise.catch(reject);
    try {
      const { terminal } = options;
      this.#client.exec(command, terminal === undefined ? {} : { pty: ptyOptions(terminal) }, (error, opened) => {
        if (error !== undefined)
          reject(new LayerError('MACHINE_DIED', 'The guest refused to start a command', { cause: error }));
        else {
          followChannel(opened, options).then(end.resolve, end.reject);
          if (terminal !== undefined) followSize(terminal, opened);
          resolve(opened);
        }
      });
    } catch (cause) {
      reject(connectionLost(cause));
    }
    return { channel, end: end.promise };
  }

  /**
   * Connects to `host` and `port` as seen from inside the guest. That nobody listens there is an answer; throws
   * `MACHINE_DIED` when the connection to the machine ends, and `GUEST_PROTOCOL` where its server forbids it.
   */
  async forward(host: string, port: number, signal?: AbortSignal): Promise<Forwarded> {
    const opened = connectInGuest(this.#client, host, port);
    try {
      const wait = { name: `the guest to connect to ${host}:${port}`, limitMs: FORWARD_LIMIT_MS, signal };
      return await namedWait(wait, Promise.race([opened, this.#lost.promise]));
    } catch (error) {
      opened.then(closeForwarded, () => undefined);
      if (!(error instanceof LayerError) || error.code !== 'WAIT_TIMED_OUT') throw error;
      return { ok: false, why: `no connection within ${FORWARD_LIMIT_MS / 1000} s` };
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

interface StartedCommand {
  readonly channel: Promise<ClientChannel>;
  readonly end: Promise<CommandEnd>;
}

async function followChannel(channel: ClientChannel, options: CommandOptions): Promise<CommandEnd> {
  const { onOutput, output, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<CommandEnd>();
  let end: CommandEnd | undefined;
  const report =
    (stream: 'stdout' | 'stderr') =>
    (bytes: Buffer): void => {
      if (signal?.aborted !== true) onOutput?.(stream, bytes);
    };
  if (output === undefined) channel.on('data', report('stdout'));
  else channel.pipe(output);
  channel.stderr.on('data', report('stderr'));
  channel.on('exit', (code: number | null, signalName?: string) => {
    end =
      code === null ? { exitCode: null, signalName: signalName ?? 'unknown' } : { exitCode: code, signalName: null };
  });
  channel.on('error', (cause: Error) => reject(connectionLost(cause)));
  channel.on('close', () => (end === undefined ? reject(connectionLost()) : resolve(end)));
  feed(channel, options.input, reject);
  return promise;
}

/** A command may end without reading all of its input; an input that breaks must not look like one that ended. */
function feed(channel: ClientChannel, input: CommandOptions['input'], fail: (error: Error) => void): void {
  if (input === undefined || Buffer.isBuffer(input)) {
    channel.end(input);
    return;
  }
  input.once('error', fail);
  pipeline(input, channel, () => undefined);
}

function closeForwarded(forwarded: Forwarded): void {
  if (forwarded.ok) forwarded.connection.destroy();
}

/** Closes a channel and drops what still comes, so that one nobody waits for holds up no other. */
function giveUp(channel: ClientChannel): void {
  channel.resume();
  channel.stderr.resume();
  channel.destroy();
}

function connectionLost(cause?: unknown): LayerError {
  const message = 'The connection to the machine ended before the command did';
  return new LayerError('MACHINE_DIED', message, cause === undefined ? {} : { cause });
}

async function logIn(port: Socket, keys: ShellKeys): Promise<Client> {
  // Loaded here: a run that restores everything never talks to a machine.
  const { Client: SshClient } = (await import('ssh2')).default;
  const client = new SshClient();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  client.once('ready', () => resolve(client));
  client.on('error', (cause) => {
    const isLost = port.readableEnded || port.destroyed || port.errored !== null;
    const refused = new LayerError('GUEST_PROTOCOL', 'Logging in to the guest failed', { cause });
    reject(isLost ? connectionLost(cause) : refused);
  });
  client.once('close', () => reject(connectionLost()));
  client.connect({
    sock: port,
    username: 'root',
    privateKey: keys.clientPrivateKey,
    // Not "none" first, as is usual: sshd answers a wrong guess late on purpose (130 to 250 ms measured).
    authHandler: ['publickey'],
    hostVerifier: (key: Buffer) => key.toString('base64') === keys.hostPublicKey.trim().split(' ')[1],
    readyTimeout: CONNECT_LIMIT_MS,
    keepaliveInterval: 0,
    algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'], serverHostKey: ['ssh-ed25519'] },
  });
  return promise;
}
