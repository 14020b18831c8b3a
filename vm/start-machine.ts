import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { GuestControl } from './guest-control.ts';
import type { ShellKeys } from './guest-shell.ts';
import { type Machine, RunningMachine } from './machine.ts';
import { kernelCommandLine, type MachineConfig } from './machine-config.ts';
import type { MachineState, MachineStateFormat, PrivateMemoryState } from './machine-state.ts';
import { migrateFrom } from './migration-stream.ts';
import { ProcessMemory } from './process-memory.ts';
import { createOverlay } from './qemu-img.ts';
import { QemuProcess } from './qemu-process.ts';
import { chainOf, PrivateMemorySaver, type StateSaver, StreamSaver } from './state-saver.ts';

const MIB = 1 << 20;
const BOOT_LIMIT_MS = 300_000;
const INJECT_PAGES = 256;

interface StartOptions {
  readonly config: MachineConfig;
  readonly keys: ShellKeys;
  /** The qcow2 file to be made for what the machine writes. */
  readonly disk: string;
  readonly signal?: AbortSignal | undefined;
}

export interface BootOptions extends StartOptions {
  /** The image's raw disk. */
  readonly imageDisk: string;
  readonly format: MachineStateFormat;
}

export interface RestoreOptions extends StartOptions {
  readonly state: MachineState;
}

/** Boots a base image and resolves when its init system has started everything. Throws with the console's tail. */
export async function bootMachine(options: BootOptions): Promise<Machine> {
  await createOverlay(options.disk, options.imageDisk, 'raw');
  const memoryFile = `${options.disk}.memory`;
  emptyFile(memoryFile, options.config.memoryMib * MIB);
  const extraArguments = ['-append', kernelCommandLine(options.config.accelerator)];
  const { config, disk, signal } = options;
  await using cleanup = new AsyncDisposableStack();
  const qemu = cleanup.use(await QemuProcess.start({ config, memoryFile, disk, extraArguments, signal }));
  cleanup.defer(() => rmSync(memoryFile, { force: true }));
  const control = new GuestControl(qemu.port('control'), () => qemu.consoleTail());
  await Promise.race([waitForBoot(control, signal), endOf(qemu)]);
  const saver: StateSaver =
    options.format === 'private' ? new PrivateMemorySaver(memoryFile, [], config.memoryMib * MIB) : new StreamSaver();
  rmSync(memoryFile);
  cleanup.move();
  return new RunningMachine({ ...options, qemu, saver, control, restoreMs: null });
}

/** Starts a machine from a saved state and resolves when it runs with fresh entropy and the right time. */
export async function restoreMachine(options: RestoreOptions): Promise<Machine> {
  const { state } = options;
  await createOverlay(options.disk, state.disk, 'qcow2');
  await using cleanup = new AsyncDisposableStack();
  const started = performance.now();
  const { qemu, saver } =
    state.format === 'private' ? await loadPrivate(options, state, cleanup) : await loadStream(options, state.stream, cleanup);
  const control = new GuestControl(qemu.port('control'), () => qemu.consoleTail());
  await qemu.qmp.execute('cont');
  const restoreMs = performance.now() - started;
  await control.afterRestore(options.signal);
  cleanup.move();
  return new RunningMachine({ ...options, qemu, saver, control, restoreMs });
}

interface Loaded {
  readonly qemu: QemuProcess;
  readonly saver: StateSaver;
}

async function loadPrivate(
  options: RestoreOptions,
  state: PrivateMemoryState,
  cleanup: AsyncDisposableStack,
): Promise<Loaded> {
  const memoryBytes = options.config.memoryMib * MIB;
  const starting = startIncoming(options, state.memoryBase);
  const qemu = cleanup.use(await starting);
  using pages = chainOf(memoryBytes, state.memoryBase, state.memoryDeltas);
  using memory = new ProcessMemory(qemu.pid, state.memoryBase);
  pages.forEachOverBase(INJECT_PAGES, (firstPage, bytes) => memory.write(firstPage, bytes));
  await migrateFrom(qemu, state.deviceState);
  return { qemu, saver: cleanup.use(new PrivateMemorySaver(state.memoryBase, state.memoryDeltas, memoryBytes)) };
}

async function loadStream(options: RestoreOptions, stream: string, cleanup: AsyncDisposableStack): Promise<Loaded> {
  const memoryFile = `${options.disk}.memory`;
  emptyFile(memoryFile, options.config.memoryMib * MIB);
  cleanup.defer(() => rmSync(memoryFile, { force: true }));
  const qemu = cleanup.use(await startIncoming(options, memoryFile));
  rmSync(memoryFile);
  await migrateFrom(qemu, stream);
  return { qemu, saver: new StreamSaver() };
}

async function startIncoming(options: RestoreOptions, memoryFile: string): Promise<QemuProcess> {
  return QemuProcess.start({
    config: options.config,
    memoryFile,
    disk: options.disk,
    // The command line is in memory already; it is given again because QEMU builds its tables from it.
    extraArguments: ['-append', kernelCommandLine(options.config.accelerator), '-S', '-incoming', 'defer'],
    signal: options.signal,
  });
}

async function waitForBoot(control: GuestControl, signal?: AbortSignal): Promise<void> {
  await control.started(BOOT_LIMIT_MS, signal);
  await control.request('booted', [], { limitMs: BOOT_LIMIT_MS, signal });
}

async function endOf(qemu: QemuProcess): Promise<never> {
  await qemu.exited;
  throw new Error(`The machine ended while it booted\n${qemu.consoleTail()}`);
}

function emptyFile(path: string, bytes: number): void {
  const fd = openSync(path, 'wx', 0o600);
  ftruncateSync(fd, bytes);
  closeSync(fd);
}

/** The disk file of a machine that is saved to `folder`. */
export function diskIn(folder: string): string {
  return join(folder, 'disk.qcow2');
}
