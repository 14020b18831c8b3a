import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { INSTALLATION } from '../../util/installation.ts';
import { LayerError } from '../../util/layer-error.ts';
import { mayMount, unavailable } from './availability.ts';

/** What set-up builds from fs-tracer/host/ (main.c tells its arguments and what it says). */
const HELPER = join(INSTALLATION, 'fs-tracer/host/build/layer-trace');

export interface HelperStart {
  /** An empty folder for what the command writes; removed by the helper but for itself. */
  readonly folder: string;
  /** The folder that is traced, absolute and without symlinks. */
  readonly root: string;
  /** Where the command starts. */
  readonly directory: string;
  readonly command: readonly string[];
  /** Where its standard output goes. */
  readonly stdout: 'stdout' | 'stderr';
}

export interface CommandEnded {
  readonly kind: 'ended';
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signalNumber: number | null;
  readonly durationMs: number;
  /** Processes that it left running, ended since. */
  readonly leftBehind: number;
  /** Files below the root that it wrote, and names that it removed. */
  readonly written: number;
  readonly removed: number;
}

/** How a command ended, or why (an errno of execve(2)) it could not be started. */
export type HelperReport = CommandEnded | { readonly kind: 'refused'; readonly errno: number };

/**
 * The process between a traced command and us: it mounts, relays FUSE messages, and ends all that the command left behind.
 * When this process ends, however that happens, the helper ends the command and itself.
 */
export class TraceHelper implements AsyncDisposable {
  /** Serve FUSE here. */
  readonly files: Duplex;
  /** Rejects with `TRACE_UNAVAILABLE` where the file system cannot be had. */
  readonly report: Promise<HelperReport>;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #gone: Promise<unknown>;

  constructor(start: HelperStart) {
    const { folder, root, directory, command } = start;
    const mode = mayMount() ? 'root' : 'user';
    this.#child = spawn(HELPER, [String(process.pid), mode, folder, root, directory, ...command], {
      // 2 is our stderr, whatever the command takes it for.
      stdio: ['inherit', start.stdout === 'stdout' ? 'inherit' : 2, 'inherit', 'pipe', 'pipe'],
    });
    this.files = this.#child.stdio[3] as Socket;
    this.#control = this.#child.stdio[4] as Socket;
    this.#gone = once(this.#child, 'exit');
    this.report = this.#read(mode);
    for (const unobserved of [this.#gone, this.report]) unobserved.catch(() => undefined);
  }

  /** Tells the helper that this process got a signal; it passes on what did not reach the command anyway. */
  passOn(signal: NodeJS.Signals): void {
    if (this.#control.writable) this.#control.write(Uint8Array.of(constants.signals[signal]));
  }

  /** Ends the command where it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.files.destroy();
    this.#control.end();
    await this.#gone.catch(() => undefined);
  }

  async #read(mode: 'root' | 'user'): Promise<HelperReport> {
    // A helper that died while it was written to: the end of the stream says the same.
    this.#control.on('error', () => undefined);
    const line = await Promise.race([firstLine(this.#control), this.#gone.then(() => '')]);
    const [word, ...rest] = line.split(' ');
    switch (word) {
      case 'ended':
        return ended(rest);
      case 'refused':
        return { kind: 'refused', errno: Number(rest[0]) };
      case 'failed':
        throw unavailable({ stage: rest[0] ?? '', errno: Number(rest[1]), mode });
      default:
        throw new LayerError('TRACE_UNAVAILABLE', 'The helper of `layer trace` died');
    }
  }
}

/** Without its line feed; what there is where the stream ends before one. */
async function firstLine(stream: Socket): Promise<string> {
  let text = '';
  const { promise, resolve } = Promise.withResolvers<undefined>();
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.includes('\n')) resolve(undefined);
  });
  stream.once('close', () => resolve(undefined));
  await promise;
  return text.split('\n', 1)[0] ?? '';
}

function ended([how, ...fields]: readonly string[]): CommandEnded {
  const [number = NaN, durationMs = NaN, leftBehind = 0, written = 0, removed = 0] = fields.map(Number);
  const [exitCode, signalNumber] = how === 'signal' ? [null, number] : [number, null];
  return { kind: 'ended', exitCode, signalNumber, durationMs, leftBehind, written, removed };
}
