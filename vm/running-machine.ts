import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { faultPoint } from '../util/fault-point.ts';
import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { createOverlay } from './disk-overlay.ts';
import { diskFault } from './disk-fault.ts';
import type { Forwarded } from './guest-connection.ts';
import type { GuestControl } from './guest-control.ts';
import { type CommandEnd, type CommandOptions, GuestShell, type ShellKeys } from './guest-shell.ts';
import type { Machine, SavedMachine, SaveTarget } from './machine.ts';
import { diskNode, type MachineConfig } from './machine-config.ts';
import { STATE_FILES } from './machine-state.ts';
import { type MemoryUse, memoryUseOf } from './memory-use.ts';
import { MemoryWindow } from './memory-window.ts';
import { ProcessMemory } from './process-memory.ts';
import { endedFromOutside } from './qemu-end.ts';
import type { QemuProcess } from './qemu-process.ts';
import type { StateSaver } from './state-saver.ts';

/** More than all the waits of logging in together: they have names of their own. */
const SHELL_LIMIT_MS = 200_000;

/** How long after its connections QEMU may end. */
const DEATH_LIMIT_MS = 2000;

const { memoryBase, memoryDelta, deviceState, stream } = STATE_FILES;
const WRITTEN_BY_SAVE = [memoryBase, memoryDelta, deviceState, stream];

export interface RunningMachineParts {
  readonly qemu: QemuProcess;
  readonly config: MachineConfig;
  readonly keys: ShellKeys;
  readonly saver: StateSaver;
  readonly disk: string;
  readonly restoreMs: number | null;
  readonly control: GuestControl;
  /** The file that QEMU maps as the guest's memory, even if it is gone. */
  readonly memoryFile: string;
  /** Ends every wait of the machine. */
  readonly signal?: AbortSignal | undefined;
}

/** A machine that a QEMU of ours runs. */
export class RunningMachine implements Machine {
  readonly config: MachineConfig;
  readonly restoreMs: number | null;
  readonly died: Promise<never>;
  readonly #qemu: QemuProcess;
  readonly #control: GuestControl;
  readonly #keys: ShellKeys;
  readonly #saver: StateSaver;
  readonly #signal: AbortSignal | undefined;
  readonly #memoryFile: string;
  #memory: ProcessMemory | undefined;
  #window: MemoryWindow | null = null;
  #shell: Promise<GuestShell> | undefined;
  #disk: string;
  #diskNode = 'disk0';
  #saves = 0;
  #ended: Promise<void> | undefined;
  /** Why the machine had to be ended; what waits for it then is told this. */
  #fault: LayerError | undefined;

  constructor(parts: RunningMachineParts) {
    this.config = parts.config;
    this.restoreMs = parts.restoreMs;
    this.#qemu = parts.qemu;
    this.#keys = parts.keys;
    this.#saver = parts.saver;
    this.#disk = parts.disk;
    this.#control = parts.control;
    this.#signal = parts.signal;
    this.#memoryFile = parts.memoryFile;
    this.died = this.#watch();
    this.died.catch(() => undefined);
  }

  /** After a restore, before anything is asked of it: it gets entropy and the time, and says where its window is. */
  async wakeUp(): Promise<void> {
    this.#openWindow(await this.#orFault(this.#control.afterRestore()));
  }

  get fileSystemPort(): Duplex {
    return this.#qemu.port('fs');
  }

  memoryUse(): MemoryUse | null {
    return memoryUseOf(this.#qemu.pid);
  }

  async run(command: string, options: CommandOptions = {}): Promise<CommandEnd> {
    return this.#inShell(options.signal, (shell) => shell.run(command, options));
  }

  async forward(host: string, port: number, signal?: AbortSignal): Promise<Forwarded> {
    return this.#inShell(signal, (shell) => shell.forward(host, port, signal));
  }

  /** Whatever fails because the machine ended, logging in too, says why that was. */
  async #inShell<T>(signal: AbortSignal | undefined, work: (shell: GuestShell) => Promise<T>): Promise<T> {
    return this.#orFault(Promise.race([this.#connected(signal).then(work), this.died]));
  }

  /** The connection outlives the command that is the first to need it, so only the machine's own signal ends it. */
  async #connected(signal: AbortSignal | undefined): Promise<GuestShell> {
    this.#shell ??= GuestShell.connect(this.#qemu.port('ssh'), this.#control, this.#keys, this.#signal);
    return namedWait({ name: 'the shell in the guest', limitMs: SHELL_LIMIT_MS, signal }, this.#shell);
  }

  async mountWorkspace(folder: string): Promise<void> {
    this.#openWindow(await this.#ask('workspace', [folder]));
  }

  shorten(message: Buffer): Buffer {
    try {
      return this.#window?.shorten(message) ?? message;
    } catch {
      // The machine has ended: its port says so.
      this.#window = null;
      return message;
    }
  }

  /** Where the host may not reach into QEMU's memory, all messages go through the port. */
  #openWindow(address: number): void {
    if (address === 0) return;
    try {
      this.#memory ??= new ProcessMemory(this.#qemu.memory);
      this.#window = MemoryWindow.open(this.#memory, address);
    } catch {
      this.#window = null;
    }
  }

  async makeFolder(folder: string): Promise<void> {
    await this.#ask('folder', [folder]);
  }

  async keepFolder(folder: string, kept: string): Promise<void> {
    await this.#ask('keep', [folder, kept]);
  }

  async mountOverlay(target: string, lowers: readonly string[], upper: string): Promise<void> {
    const escaped = lowers.map((lower) => lower.replaceAll(/[\\:,]/g, '\\$&'));
    await this.#ask('overlay', [target, escaped.join(':'), upper]);
  }

  async unmount(target: string): Promise<void> {
    await this.#ask('unmount', [target]);
  }

  async freeze(): Promise<void> {
    await this.#ask('freeze');
  }

  async thaw(): Promise<void> {
    await this.#ask('thaw');
  }

  async save(target: SaveTarget): Promise<SavedMachine> {
    const nextNode = `disk${++this.#saves}`;
    try {
      await this.#prepareDisk(target.nextDisk, nextNode);
      const started = performance.now();
      await this.#qemu.qmp.execute('stop');
      this.#window?.clear();
      faultPoint('save:stopped');
      const disk = await this.#continueDiskIn(target.nextDisk, nextNode);
      faultPoint('save:disk-continued');
      const { state, dirtyBytes, storedBytes } = await this.#saver.save(
        this.#qemu,
        { ...target, signal: this.#signal },
        disk,
      );
      faultPoint('save:state-written');
      await this.#qemu.qmp.execute('cont');
      faultPoint('save:running');
      const pauseMs = performance.now() - started;
      await this.#orFault(this.#control.setClock());
      return { state, figures: { pauseMs, dirtyBytes, storedBytes } };
    } catch (cause) {
      // A machine that could not be saved can still go on: a full disk must not end a build. It needs the room for its own.
      removeIfPossible(WRITTEN_BY_SAVE.map((name) => join(target.folder, name)));
      await this.#qemu.qmp.execute('cont').catch(() => undefined);
      if (this.#diskNode !== nextNode)
        await this.#qemu.qmp.execute('blockdev-del', { 'node-name': nextNode }).catch(() => undefined);
      if (cause instanceof LayerError || this.#signal?.aborted === true) throw cause;
      throw new LayerError('MACHINE_SAVE', `The machine could not be saved to ${target.folder}`, {
        cause,
        hint: 'Is the disk full? `layer prune` frees space.',
      });
    }
  }

  /** Has the next disk file open before the machine stops. */
  async #prepareDisk(next: string, node: string): Promise<void> {
    createOverlay(next, this.#disk, 'qcow2');
    await this.#qemu.qmp.execute('blockdev-add', diskNode(node, next, true));
  }

  /** Freezes the disk file written so far, and returns it. */
  async #continueDiskIn(next: string, node: string): Promise<string> {
    await this.#qemu.qmp.execute('blockdev-snapshot', { node: this.#diskNode, overlay: node });
    const frozen = this.#disk;
    this.#disk = next;
    this.#diskNode = node;
    return frozen;
  }

  async #ask(...request: Parameters<GuestControl['request']>): Promise<number> {
    return this.#orFault(this.#control.request(...request));
  }

  /** What fails because the machine ended says why that was. */
  async #orFault<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (this.#fault === undefined && error instanceof LayerError && error.code === 'MACHINE_DIED')
        throw await this.#deathBehind(error);
      throw this.#fault ?? error;
    }
  }

  /** A connection breaks a moment before QEMU is known to have ended, which tells more. */
  async #deathBehind(error: LayerError): Promise<unknown> {
    const known = new AbortController();
    const limit = delay(DEATH_LIMIT_MS, error, { signal: known.signal }).catch(() => error);
    try {
      return await Promise.race([this.died.catch((cause: unknown) => cause), limit]);
    } finally {
      known.abort();
    }
  }

  async #watch(): Promise<never> {
    const fault = diskFault(this.#qemu.qmp, () => this.#disk).then((found) => {
      this.#fault = found;
      this.#qemu.kill();
    });
    fault.catch(() => undefined);
    await this.#qemu.exited;
    if (this.#fault !== undefined) throw this.#fault;
    if (!this.#qemu.died) return new Promise<never>(() => undefined);
    const fromOutside = endedFromOutside(this.#qemu.signalName, dirname(this.#memoryFile));
    if (fromOutside !== null) throw fromOutside;
    throw new LayerError('MACHINE_DIED', `The machine ended unexpectedly\n${this.#qemu.consoleTail()}`.trimEnd());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#ended ??= this.#end());
  }

  /** QEMU first: whatever still waits for the guest then fails at once. */
  async #end(): Promise<void> {
    try {
      await this.#qemu[Symbol.asyncDispose]();
      (await this.#shell?.catch(() => undefined))?.[Symbol.dispose]();
    } finally {
      this.#window = null;
      this.#memory?.[Symbol.dispose]();
      this.#saver[Symbol.dispose]();
    }
  }
}

/** On a disk that is lost nothing can be removed either, and that is not what went wrong first. */
function removeIfPossible(files: readonly string[]): void {
  try {
    for (const file of files) rmSync(file, { force: true });
  } catch {
    // Whoever discards the folder tries again.
  }
}
