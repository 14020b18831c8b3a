import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

import { endProcess } from '../util/end-process.ts';
import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { makeTemporaryFolder } from '../util/temporary-folder.ts';
import { ConsoleLog } from './console-log.ts';
import { LAUNCHER, QEMU } from './helper-binaries.ts';
import {
  bootArguments,
  deviceArguments,
  machineArguments,
  type MachineConfig,
  PORTS,
  type PortName,
  type Reading,
} from './machine-config.ts';
import { type LaidMemory, MemoryOrder } from './memory-order.ts';
import { MemoryThread } from './memory-thread.ts';
import { findMemory, type MemoryPlace } from './process-memory.ts';
import { QmpClient } from './qmp-client.ts';
import { listenOnce, type SocketListener } from './socket-listener.ts';

const START_LIMIT_MS = 30_000;
const LOG_TAIL_BYTES = 2000;
const MIB = 1 << 20;

export interface QemuStart {
  readonly config: MachineConfig;
  readonly memoryFile: string;
  /** Of a memory that is saved in deltas: what is to be laid over the file, oldest first; see {@link QemuProcess.hasDeltas}. */
  readonly memoryDeltas?: readonly string[];
  /** The qcow2 file the machine writes to. */
  readonly disk: string;
  /** What that lies on, the newest first and an image's raw disk last. */
  readonly below?: readonly string[];
  /** How that is read: `threads` where nothing is said. */
  readonly reading?: Reading;
  /** Whether it is given the kernel, which takes 12 ms: to boot it, or to load a stream, which names memory that is made for it. */
  readonly kernel: boolean;
  readonly extraArguments: readonly string[];
  /** Ends the start and every later wait for QEMU. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One running QEMU with its monitor and ports connected. It dies with this process, however that ends (launch.c), and
 * has a private folder under the system's temporary folder for its sockets, removed at the end.
 */
export class QemuProcess implements AsyncDisposable {
  readonly qmp: QmpClient;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ports: ReadonlyMap<PortName, Socket>;
  readonly #console: ConsoleLog;
  readonly #exited: Promise<void>;
  readonly #start: QemuStart;
  #hasDeltas = false;
  #memory: MemoryPlace | undefined;
  #memoryThread: MemoryThread | null = null;
  #stopping = false;

  private constructor({ child, folder, sockets, exited, start }: StartedProcess) {
    const [monitor, console, ...ports] = sockets;
    if (monitor === undefined || console === undefined || child.pid === undefined)
      throw new Error('Internal error: QEMU without a monitor');
    this.#child = child;
    this.pid = child.pid;
    this.#start = start;
    this.#folder = folder;
    this.#console = new ConsoleLog(console);
    // What it printed last says why it ended.
    this.#exited = exited.then(async () => {
      await this.#console.ended;
    });
    this.#ports = new Map(PORTS.map((name, index) => [name, ports[index] as Socket]));
    this.qmp = new QmpClient(monitor, { signal: start.signal, evidence: () => this.consoleTail() });
  }

  static async start(start: QemuStart): Promise<QemuProcess> {
    start.signal?.throwIfAborted();
    const folder = makeTemporaryFolder('layer');
    const listeners: SocketListener[] = [];
    try {
      for (const name of ['qmp', 'console', ...PORTS]) listeners.push(await listenOnce(join(folder, name)));
      return await QemuProcess.#launch(start, folder, listeners);
    } catch (error) {
      for (const listener of listeners) listener[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  static async #launch(start: QemuStart, folder: string, listeners: readonly SocketListener[]): Promise<QemuProcess> {
    const { signal } = start;
    using order = orderFor(start, folder);
    const child = spawn(LAUNCHER, [String(process.pid), QEMU, ...qemuArguments(start, folder)], {
      stdio: ['ignore', 'ignore', 'pipe', ...(order?.descriptors ?? [])],
      ...(order !== null && { env: { ...process.env, ...order.environment } }),
    });
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-LOG_TAIL_BYTES)));
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        complaint = error.message;
        resolve();
      });
    });
    try {
      const sockets = await namedWait(
        { name: 'QEMU to start', limitMs: START_LIMIT_MS, signal, evidence: () => complaint },
        Promise.race([Promise.all(listeners.map((listener) => listener.accepted)), diedEarly(exited, () => complaint)]),
      );
      const qemu = new QemuProcess({ child, folder, sockets, exited, start });
      await Promise.race([qemu.qmp.negotiate(), diedEarly(exited, () => complaint)]);
      qemu.#learnPlace(order?.laid() ?? null, child.stdio[order?.requests ?? -1]);
      return qemu;
    } catch (error) {
      await endProcess(child, exited, { askFirst: false });
      // Its last words, which tell more than that its monitor was closed.
      if (child.stderr?.closed === false) await once(child.stderr, 'close');
      const isDeath = error instanceof LayerError && error.code === 'MACHINE_DIED';
      throw isDeath && complaint !== '' ? endedEarly(complaint) : error;
    }
  }

  /** Where its process has the machine's memory. */
  get memory(): MemoryPlace {
    return (this.#memory ??= findMemory(this.pid, this.#start.memoryFile));
  }

  /** Whether the deltas it was started with are in its memory: not so where our library could not be loaded into it. */
  get hasDeltas(): boolean {
    return this.#hasDeltas;
  }

  /** What saves its memory from inside; null where our library could not be loaded into it. */
  get memoryThread(): MemoryThread | null {
    return this.#memoryThread;
  }

  /** Only the library knows the place where it did its work: what the process maps there is many files then. */
  #learnPlace(laid: LaidMemory | null, requests: unknown): void {
    if (laid === null) return;
    this.#hasDeltas = laid.isComplete;
    this.#memory = { pid: this.pid, address: laid.address, bytes: this.#start.config.memoryMib * MIB };
    if (laid.isAnswered && requests instanceof Socket) this.#memoryThread = new MemoryThread(requests);
  }

  /** The host's end of a virtio-serial port. Paused until somebody reads it. */
  port(name: PortName): Socket {
    const socket = this.#ports.get(name);
    if (socket === undefined) throw new Error(`Internal error: no port ${name}`);
    return socket;
  }

  get socketFolder(): string {
    return this.#folder;
  }

  /** Resolves when QEMU has ended by itself, rejects never. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Ends a machine that cannot go on. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The signal that ended it; null while it runs, and where none did. */
  get signalName(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  /** True when QEMU ended without being asked to. */
  get died(): boolean {
    return !this.#stopping && (this.#child.exitCode !== null || this.#child.signalCode !== null);
  }

  /** The last lines the guest's kernel and init printed. */
  consoleTail(): string {
    return this.#console.tail();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    // What the machine was is either in a snapshot or not wanted: there is nothing to shut down in order.
    await endProcess(this.#child, this.#exited, { askFirst: false });
    for (const socket of this.#ports.values()) socket.destroy();
    this.#memoryThread?.[Symbol.dispose]();
    this.qmp.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface StartedProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  /** The monitor's, the console's, then one for each of PORTS. */
  readonly sockets: readonly Socket[];
  readonly exited: Promise<void>;
  readonly start: QemuStart;
}

/** Null for a memory that no deltas are of. */
function orderFor({ memoryFile, memoryDeltas }: QemuStart, folder: string): MemoryOrder | null {
  return memoryDeltas === undefined ? null : new MemoryOrder(folder, { memoryBase: memoryFile, memoryDeltas });
}

function qemuArguments(start: QemuStart, folder: string): string[] {
  const { config, memoryFile, disk, below, reading, kernel, extraArguments } = start;
  const machine = kernel ? bootArguments(config, memoryFile) : machineArguments(config, memoryFile);
  return [...machine, ...deviceArguments(folder, disk, below, reading), ...extraArguments];
}

async function diedEarly(exited: Promise<void>, complaint: () => string): Promise<never> {
  await exited;
  throw endedEarly(complaint());
}

function endedEarly(complaint: string): LayerError {
  return new LayerError('MACHINE_START', `QEMU ended as it started: ${complaint.trim()}`, {
    hint: 'Run `qemu-system-x86_64 --version` to see whether QEMU works here at all.',
  });
}
