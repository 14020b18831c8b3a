import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import type { Client, ClientChannel } from 'ssh2';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import type { GuestControl } from './guest-control.ts';

const CONNECT_LIMIT_MS = 60_000;

/** Keys of one base image: ours to log in with, and the image's own, which is pinned. OpenSSH formats. */
export interface ShellKeys {
  readonly clientPrivateKey: string;
  readonly hostPublicKey: string;
}

export interface CommandOptions {
  readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

/** How a command in the guest ended: an exit code, or the name of the signal that ended it. */
export type CommandEnd =
  | { readonly exitCode: number; readonly signalName: null }
  | { readonly exitCode: null; readonly signalName: string };

/** Commands in the guest, over SSH on a virtio-serial port: one connection, a channel a command. */
export class GuestShell implements Disposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** Has the helper start a fresh server, drops what an earlier one left in the port, and logs in as root. */
  static async connect(port: Socket, control: GuestControl, keys: ShellKeys, signal?: AbortSignal): Promise<GuestShell> {
    const nonce = `layer-${randomBytes(16).toString('hex')}\n`;
    const reached = discardThrough(port, Buffer.from(nonce));
    await control.request('shell', [nonce], { signal });
    const wait = { name: 'the shell in the guest', limitMs: CONNECT_LIMIT_MS, signal };
    await namedWait(wait, reached);
    return new GuestShell(await namedWait(wait, logIn(port, keys)));
  }

  /** Runs `command` by the login shell of root. Throws `MACHINE_DIED` when the connection ends before the command. */
  async run(command: string, options: CommandOptions = {}): Promise<CommandEnd> {
    options.signal?.throwIfAborted();
    const channel = await this.#open(command);
    const onAbort = (): void => void channel.destroy();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await followChannel(channel, options);
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      options.signal?.throwIfAborted();
    }
  }

  async #open(command: string): Promise<ClientChannel> {
    const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
    this.#client.once('close', () => reject(connectionLost()));
    this.#client.exec(command, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(new LayerError('MACHINE_DIED', 'The guest refused to start a command', { cause: error }));
    });
    return promise;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

async function followChannel(channel: ClientChannel, options: CommandOptions): Promise<CommandEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandEnd>();
  let end: CommandEnd | undefined;
  channel.on('data', (bytes: Buffer) => options.onOutput?.('stdout', bytes));
  channel.stderr.on('data', (bytes: Buffer) => options.onOutput?.('stderr', bytes));
  channel.on('exit', (code: number | null, signalName?: string) => {
    end = code === null ? { exitCode: null, signalName: signalName ?? 'unknown' } : { exitCode: code, signalName: null };
  });
  channel.on('close', () => (end === undefined ? reject(connectionLost()) : resolve(end)));
  channel.end();
  return promise;
}

function connectionLost(): LayerError {
  return new LayerError('MACHINE_DIED', 'The connection to the machine ended before the command did');
}

/** Reads and drops everything up to and including `marker`; what follows stays in the socket. */
async function discardThrough(port: Socket, marker: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let tail = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk = port.read() as Buffer | null; chunk !== null; chunk = port.read() as Buffer | null) {
      tail = Buffer.concat([tail, chunk]);
      const at = tail.indexOf(marker);
      if (at < 0) {
        tail = tail.subarray(-marker.length);
        continue;
      }
      port.off('readable', onReadable);
      port.unshift(tail.subarray(at + marker.length));
      resolve(undefined);
      return;
    }
  };
  port.on('readable', onReadable);
  onReadable();
  return promise;
}

async function logIn(port: Socket, keys: ShellKeys): Promise<Client> {
  // Loaded here: a run that restores everything never talks to a machine.
  const { Client: SshClient } = (await import('ssh2')).default;
  const client = new SshClient();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  client.once('ready', () => resolve(client));
  client.on('error', (cause) => reject(new LayerError('GUEST_PROTOCOL', 'Logging in to the guest failed', { cause })));
  client.connect({
    sock: port,
    username: 'root',
    privateKey: keys.clientPrivateKey,
    hostVerifier: (key: Buffer) => key.toString('base64') === keys.hostPublicKey.trim().split(' ')[1],
    readyTimeout: CONNECT_LIMIT_MS,
    keepaliveInterval: 0,
    algorithms: { kex: ['curve25519-sha256'], cipher: ['aes128-gcm@openssh.com'], serverHostKey: ['ssh-ed25519'] },
  });
  return promise;
}
