import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import { LayerError, type LayerErrorCode } from '../../util/layer-error.ts';
import type {
  BaseImage,
  CommandEnd,
  CommandOptions,
  Forwarded,
  Machine,
  MachineConfig,
  MachineFactory,
  MachineState,
  QemuOffers,
  SavedMachine,
  SaveTarget,
} from '../../vm/index.ts';
import { STATE_FILES } from '../../vm/index.ts';
import { FuseClient } from './fuse-client.ts';

/** What a scripted command does with the machine it runs in. */
export interface FakeGuest {
  /** What the machine remembers: saved and restored with it. */
  readonly memory: Map<string, string>;
  /** The guest's kernel, which asks the traced workspace. Only once the workspace is mounted. */
  readonly kernel: FuseClient;
  readonly signal: AbortSignal | undefined;
  /** All that the command was given to read. */
  readonly input: Buffer;
}

export interface FakeResult {
  /** 0 where neither is given. */
  readonly exitCode?: number;
  readonly signalName?: string;
  readonly stdout?: string | Buffer;
  readonly stderr?: string;
  /** Workspace files the command reads, looked up from the mount's root; names that are absent are probed. */
  readonly reads?: readonly string[];
}

export type FakeScript = (command: string, guest: FakeGuest) => FakeResult | Promise<FakeResult>;

/** What listens in the guest: a connection to it, or null where nobody does. */
export type FakePorts = (host: string, port: number) => Duplex | null;

const ENOENT_NODE = 0;

/**
 * Machines without QEMU, for tests of what uses them: commands are scripted, saves are small real files, and every call
 * is recorded in `calls`, one line each (`boot`, `restore`, `run COMMAND`, `freeze`, `save`, `thaw`, `end`, …).
 */
export class FakeMachineFactory implements MachineFactory {
  readonly calls: string[] = [];
  readonly machines: FakeMachine[] = [];
  readonly #script: FakeScript;
  /** Nobody listens anywhere, until a test says otherwise. */
  ports: FakePorts = () => null;

  constructor(script: FakeScript = () => ({})) {
    this.#script = script;
  }

  /** The lines of `calls` that begin with `word`. */
  callsOf(word: string): readonly string[] {
    return this.calls.filter((call) => call.split(' ', 1)[0] === word);
  }

  buildImage: MachineFactory['buildImage'] = async ({ imagesFolder, signal }) => {
    signal?.throwIfAborted();
    this.calls.push('build-image');
    return Promise.resolve(fakeImage(imagesFolder));
  };

  bootProbe: MachineFactory['bootProbe'] = async ({ signal }) => {
    signal?.throwIfAborted();
    this.calls.push('probe');
    return Promise.resolve('no kernel boots under a fake');
  };

  /** Why no machine can be made of a state; null where one can. A test may change it. */
  refusal: (state: MachineState) => LayerError | null = () => null;

  /** What {@link probeQemu} finds out; a test may change it. */
  offers: QemuOffers = { binary: 'fake-qemu', cpuFeatures: 'fake-features', privateObstacle: null, mappedRam: false };

  probeQemu: MachineFactory['probeQemu'] = async (_accelerator, signal) => {
    signal?.throwIfAborted();
    return Promise.resolve(this.offers);
  };

  boot: MachineFactory['boot'] = async ({ config, disk, signal }) => {
    signal?.throwIfAborted();
    this.calls.push('boot');
    return Promise.resolve(this.#start(config, disk, null, null));
  };

  restore: MachineFactory['restore'] = async ({ config, disk, signal, state }) => {
    signal?.throwIfAborted();
    this.calls.push('restore');
    const refusal = this.refusal(state);
    if (refusal !== null) throw refusal;
    return Promise.resolve(this.#start(config, disk, state, 1));
  };

  #start(config: MachineConfig, disk: string, from: MachineState | null, restoreMs: number | null): FakeMachine {
    orThrow('CACHE_UNUSABLE', () => writeFileSync(disk, 'a fake disk\n', { flag: 'wx' }));
    const ports: FakePorts = (host, port) => this.ports(host, port);
    const machine = new FakeMachine({ config, disk, from, restoreMs, script: this.#script, ports, calls: this.calls });
    this.machines.push(machine);
    return machine;
  }
}

interface FakeParts {
  readonly config: MachineConfig;
  readonly disk: string;
  readonly from: MachineState | null;
  readonly restoreMs: number | null;
  readonly script: FakeScript;
  readonly ports: FakePorts;
  readonly calls: string[];
}

export class FakeMachine implements Machine {
  readonly config: MachineConfig;
  readonly restoreMs: number | null;
  readonly died: Promise<never>;
  readonly fileSystemPort: Duplex;
  readonly shorten = (message: Buffer): Buffer => message;
  readonly memory: Map<string, string>;
  readonly #parts: FakeParts;
  readonly #kernel: FuseClient;
  readonly #death = Promise.withResolvers<never>();
  #disk: string;
  #memoryFiles: { readonly base: string; readonly deltas: readonly string[] };
  #frozen = false;
  #ended = false;

  constructor(parts: FakeParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.restoreMs = parts.restoreMs;
    this.#disk = parts.disk;
    this.died = this.#death.promise;
    this.died.catch(() => undefined);
    let port: Duplex | undefined;
    this.#kernel = new FuseClient({ attach: (stream) => void (port = stream) });
    this.fileSystemPort = port!;
    this.#memoryFiles = filesOf(parts.from);
    this.memory = readMemory(parts.from);
  }

  /** Ends the machine as a crash of QEMU would. */
  kill(): void {
    this.#ended = true;
    this.#death.reject(new LayerError('MACHINE_DIED', 'The machine ended unexpectedly'));
  }

  memoryUse(): null {
    return null;
  }

  async run(command: string, { onOutput, signal, input, output }: CommandOptions = {}): Promise<CommandEnd> {
    signal?.throwIfAborted();
    this.#expectAlive();
    this.#parts.calls.push(`run ${command}`);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const result = await Promise.race([this.#perform(command, signal, input), aborted.promise, this.died]);
      const stdout = Buffer.from(result.stdout ?? '');
      if (output !== undefined) await pipeline(Readable.from([stdout]), output);
      else if (stdout.length > 0) onOutput?.('stdout', stdout);
      if (result.stderr !== undefined) onOutput?.('stderr', Buffer.from(result.stderr));
      return endOf(result);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #perform(
    command: string,
    signal: AbortSignal | undefined,
    given: CommandOptions['input'],
  ): Promise<FakeResult> {
    const input = given instanceof Readable ? await buffer(given) : (given ?? Buffer.alloc(0));
    const result = await this.#parts.script(command, { memory: this.memory, kernel: this.#kernel, signal, input });
    for (const path of result.reads ?? []) await readThrough(this.#kernel, path);
    return result;
  }

  async forward(host: string, port: number, signal?: AbortSignal): Promise<Forwarded> {
    signal?.throwIfAborted();
    this.#expectAlive();
    this.#parts.calls.push(`forward ${host}:${port}`);
    const connection = this.#parts.ports(host, port);
    return Promise.resolve(connection === null ? { ok: false, why: 'connection refused' } : { ok: true, connection });
  }

  mountWorkspace = this.#recorded('mount-workspace');
  makeFolder = this.#recorded('folder');
  unmount = this.#recorded('unmount');

  async keepFolder(folder: string, kept: string): Promise<void> {
    await this.#recorded('keep')([folder, kept].join(' '));
  }

  async mountOverlay(target: string, lowers: readonly string[], upper: string): Promise<void> {
    await this.#recorded('overlay')([target, lowers.join(':'), upper].join(' '));
  }

  async freeze(): Promise<void> {
    await this.#recorded('freeze')();
    this.#frozen = true;
  }

  async thaw(): Promise<void> {
    await this.#recorded('thaw')();
    this.#frozen = false;
  }

  async save(target: SaveTarget): Promise<SavedMachine> {
    await this.#recorded('save')();
    if (!this.#frozen) throw new Error('A machine must be frozen before it is saved');
    const state = orThrow('MACHINE_SAVE', () => {
      const written = this.#write(target);
      writeFileSync(target.nextDisk, 'a fake disk\n', { flag: 'wx' });
      return written;
    });
    this.#disk = target.nextDisk;
    const storedBytes = JSON.stringify([...this.memory]).length;
    return { state, figures: { pauseMs: 1, dirtyBytes: 4096, storedBytes } };
  }

  #write(target: SaveTarget): MachineState {
    const path = (name: keyof typeof STATE_FILES): string => join(target.folder, STATE_FILES[name]);
    const whole = target.wholeMemory === true;
    const file = path(whole ? 'memoryBase' : 'memoryDelta');
    writeFileSync(file, JSON.stringify([...this.memory]), { flag: 'wx' });
    writeFileSync(path('deviceState'), 'fake devices\n', { flag: 'wx' });
    const { base, deltas } = this.#memoryFiles;
    this.#memoryFiles = whole ? { base: file, deltas: [] } : { base, deltas: [...deltas, file] };
    return {
      format: 'private',
      memoryBase: this.#memoryFiles.base,
      memoryDeltas: this.#memoryFiles.deltas,
      deviceState: path('deviceState'),
      disk: this.#disk,
    };
  }

  #recorded(word: string): (argument?: string) => Promise<void> {
    return (argument) => {
      if (this.#ended) return Promise.reject(ended());
      this.#parts.calls.push(argument === undefined ? word : `${word} ${argument}`);
      return Promise.resolve();
    };
  }

  #expectAlive(): void {
    if (this.#ended) throw ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#parts.calls.push('end');
    this.#ended = true;
    this.fileSystemPort.destroy();
    return Promise.resolve();
  }
}

/** An image as it would be found on disk, with files of a few bytes. */
export function fakeImage(imagesFolder: string): BaseImage {
  const folder = join(imagesFolder, 'fake');
  mkdirSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  for (const name of ['disk.raw', 'vmlinuz', 'initrd']) writeFileSync(path(name), name);
  const keys = { clientPrivateKey: 'fake', hostPublicKey: 'fake' };
  return { id: 'fake-image', disk: path('disk.raw'), kernel: path('vmlinuz'), initrd: path('initrd'), keys };
}

function filesOf(state: MachineState | null): { readonly base: string; readonly deltas: readonly string[] } {
  return state?.format === 'private'
    ? { base: state.memoryBase, deltas: state.memoryDeltas }
    : { base: '', deltas: [] };
}

function readMemory(state: MachineState | null): Map<string, string> {
  const { base, deltas } = filesOf(state);
  const newest = deltas.at(-1) ?? base;
  return new Map(newest === '' ? [] : (JSON.parse(readFileSync(newest, 'utf8')) as [string, string][]));
}

function endOf({ exitCode = 0, signalName }: FakeResult): CommandEnd {
  return signalName === undefined ? { exitCode, signalName: null } : { exitCode: null, signalName };
}

async function readThrough(kernel: FuseClient, path: string): Promise<void> {
  let nodeId = 1;
  for (const name of path.split('/')) {
    const entry = await kernel.lookUp(nodeId, name).catch(() => undefined);
    if (entry === undefined || entry.nodeId === ENOENT_NODE) return;
    nodeId = entry.nodeId;
  }
  await kernel.getAttributes(nodeId);
  await kernel.read(nodeId, 0, 1 << 20);
}

/** What the disk does to a real machine comes as the same errors. */
function orThrow<T>(code: LayerErrorCode, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new LayerError(code, 'The machine could not write', { cause });
  }
}

function ended(): LayerError {
  return new LayerError('MACHINE_DIED', 'The machine has ended');
}
