import { closeSync, ftruncateSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { faultPoint } from '../util/fault-point.ts';
import { LayerError } from '../util/layer-error.ts';
import { GuestControl } from './guest-control.ts';
import type { ShellKeys } from './guest-shell.ts';
import type { Machine } from './machine.ts';
import { kernelCommandLine, type MachineConfig, type Reading } from './machine-config.ts';
import type { MachineState, MachineStateFormat, PrivateMemoryState, StreamState } from './machine-state.ts';
import { migrateFrom, migrateFromMapped } from './migration-stream.ts';
import { createOverlay } from './disk-overlay.ts';
import { diskChain } from './qcow2-chain.ts';
import { QemuProcess, type QemuStart } from './qemu-process.ts';
import { RunningMachine } from './running-machine.ts';
import { PrivateMemorySaver, type StateSaver, StreamSaver } from './state-saver.ts';

const MIB = 1 << 20;
const BOOT_LIMIT_MS = 300_000;

interface StartOptions {
  readonly config: MachineConfig;
  readonly keys: ShellKeys;
  /** The qcow2 file to be made for what the machine writes. */
  readonly disk: string;
  /** Ends the start and every later wait of the machine but those for its commands, which have their own. */
  readonly signal?: AbortSignal | undefined;
}

export interface BootOptions extends StartOptions {
  /** The image's raw disk. */
  readonly imageDisk: string;
  readonly format: MachineStateFormat;
}

export interface RestoreOptions extends StartOptions {
  readonly state: MachineState;
  /** Longest chain of deltas that is saved; for tests. */
  readonly maxDeltas?: number;
}

/** Boots a base image and resolves when its init system has started everything. Throws with the console's tail. */
export async function bootMachine(options: BootOptions): Promise<Machine> {
  const { config, disk, signal } = options;
  signal?.throwIfAborted();
  createOverlay(disk, options.imageDisk, 'raw');
  await using cleanup = new AsyncDisposableStack();
  const memoryFile = emptyMemory(options, cleanup);
  const extraArguments = ['-append', kernelCommandLine(config)];
  const qemu = cleanup.use(await QemuProcess.start({ config, memoryFile, disk, kernel: true, extraArguments, signal }));
  const control = new GuestControl(qemu.port('control'), () => qemu.consoleTail(), signal);
  await control.started(BOOT_LIMIT_MS);
  await control.request('booted', [], { limitMs: BOOT_LIMIT_MS });
  const memoryBytes = config.memoryMib * MIB;
  const saver: StateSaver =
    options.format === 'private'
      ? new PrivateMemorySaver(memoryFile, undefined, memoryBytes)
      : new StreamSaver(options.format);
  rmSync(memoryFile);
  cleanup.move();
  return new RunningMachine({ ...options, qemu, saver, control, memoryFile, restoreMs: null });
}

/**
 * Starts a machine from a saved state and resolves when it runs with fresh entropy and the right time. Throws
 * `SNAPSHOT_DAMAGED` where a file of the state is missing or not whole; what only a checksum tells is the store's business.
 */
export async function restoreMachine(options: RestoreOptions): Promise<Machine> {
  const { state, signal } = options;
  checkFiles(state, options.config.memoryMib * MIB);
  try {
    return await restoreFrom(options);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof LayerError) throw cause;
    throw new LayerError('MACHINE_START', 'The saved machine could not be started', { cause });
  }
}

async function restoreFrom(options: RestoreOptions): Promise<Machine> {
  const { state, signal } = options;
  signal?.throwIfAborted();
  createOverlay(options.disk, state.disk, 'qcow2');
  faultPoint('restore:disk-made');
  await using cleanup = new AsyncDisposableStack();
  const started = performance.now();
  const { qemu, saver, memoryFile } =
    state.format === 'private' ? await loadPrivate(options, state, cleanup) : await loadStream(options, state, cleanup);
  const control = new GuestControl(qemu.port('control'), () => qemu.consoleTail(), signal);
  faultPoint('restore:devices-loaded');
  await qemu.qmp.execute('cont');
  faultPoint('restore:running');
  const restoreMs = performance.now() - started;
  cleanup.move();
  const machine = new RunningMachine({ ...options, qemu, saver, control, memoryFile, restoreMs });
  try {
    await machine.wakeUp();
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

interface Loaded {
  readonly qemu: QemuProcess;
  readonly saver: StateSaver;
  readonly memoryFile: string;
}

async function loadPrivate(
  options: RestoreOptions,
  state: PrivateMemoryState,
  cleanup: AsyncDisposableStack,
): Promise<Loaded> {
  const memoryBytes = options.config.memoryMib * MIB;
  const { memoryBase, memoryDeltas, deviceState } = state;
  const saver = cleanup.use(new PrivateMemorySaver(memoryBase, memoryDeltas, memoryBytes, options.maxDeltas));
  const qemu = cleanup.use(await startIncoming(options, { memoryFile: memoryBase, memoryDeltas, kernel: false }));
  faultPoint('restore:qemu-started');
  saver.load(qemu);
  faultPoint('restore:memory-written');
  await migrateFrom(qemu, deviceState, options.signal);
  return { qemu, saver, memoryFile: memoryBase };
}

async function loadStream(options: RestoreOptions, state: StreamState, cleanup: AsyncDisposableStack): Promise<Loaded> {
  const memoryFile = emptyMemory(options, cleanup);
  const qemu = cleanup.use(await startIncoming(options, { memoryFile, kernel: true }));
  rmSync(memoryFile);
  await (state.format === 'stream' ? migrateFrom : migrateFromMapped)(qemu, state.stream, options.signal);
  return { qemu, saver: new StreamSaver(state.format), memoryFile };
}

type IncomingMemory = Pick<QemuStart, 'memoryFile' | 'memoryDeltas' | 'kernel'>;

/** For this process: a host that does not allow io_uring, or a QEMU built without it, ends a start at once, and says so. */
let reading: Reading = 'io_uring';

async function startIncoming(options: RestoreOptions, memory: IncomingMemory): Promise<QemuProcess> {
  try {
    return await startReading(reading, options, memory);
  } catch (error) {
    const isRefused =
      error instanceof LayerError && error.code === 'MACHINE_START' && error.message.includes('io_uring');
    if (!isRefused) throw error;
    reading = 'threads';
    return startReading(reading, options, memory);
  }
}

async function startReading(how: Reading, options: RestoreOptions, memory: IncomingMemory): Promise<QemuProcess> {
  return QemuProcess.start({
    ...memory,
    reading: how,
    config: options.config,
    disk: options.disk,
    below: diskChain(options.state.disk),
    extraArguments: [
      ...(memory.kernel ? ['-append', kernelCommandLine(options.config)] : []),
      '-S',
      '-incoming',
      'defer',
    ],
    signal: options.signal,
  });
}

/** An empty file of the size of the machine's memory beside its disk; gone, at the latest, with the start. */
function emptyMemory({ disk, config }: StartOptions, cleanup: AsyncDisposableStack): string {
  const path = `${disk}.memory`;
  cleanup.defer(() => rmSync(path, { force: true }));
  const fd = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(fd, config.memoryMib * MIB);
  } finally {
    closeSync(fd);
  }
  return path;
}

/** What QEMU would say in its own words, or only notice when the guest runs. Deltas are checked as they are read. */
function checkFiles(state: MachineState, memoryBytes: number): void {
  const needed =
    state.format === 'private' ? [state.memoryBase, state.deviceState, state.disk] : [state.stream, state.disk];
  for (const file of needed)
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new LayerError('SNAPSHOT_DAMAGED', `${file} is missing`);
  if (state.format === 'private' && statSync(state.memoryBase).size !== memoryBytes)
    throw new LayerError('SNAPSHOT_DAMAGED', `${state.memoryBase} is not as large as the machine's memory`);
}

/** The disk file of a machine that is saved to `folder`. */
export function diskIn(folder: string): string {
  return join(folder, 'disk.qcow2');
}
