import type { Duplex } from 'node:stream';

import type { Forwarded } from './guest-connection.ts';
import type { CommandEnd, CommandOptions } from './guest-shell.ts';
import type { MachineConfig } from './machine-config.ts';
import type { MachineState, SaveFigures } from './machine-state.ts';
import type { MemoryUse } from './memory-use.ts';

export interface SaveTarget {
  /** The folder the state's files are written to; the machine's disk file has been there from the start. */
  readonly folder: string;
  /** Where the machine's disk goes on: the qcow2 file to be made for what it writes from now on. */
  readonly nextDisk: string;
  /** Save a whole base instead of a delta (the first state of a base image). */
  readonly wholeMemory?: boolean;
}

export interface SavedMachine {
  readonly state: MachineState;
  readonly figures: SaveFigures;
}

/** A running virtual machine. Ends with its disposal; nothing it was remains unless it was saved. */
export interface Machine extends AsyncDisposable {
  readonly config: MachineConfig;
  /** The host's end of the file-system port: raw FUSE messages once `mountWorkspace` was called. */
  readonly fileSystemPort: Duplex;
  /**
   * Puts a long message for that port into the guest's memory, which is faster, and gives the short one to be sent in its
   * place; else the message itself.
   */
  shorten(message: Buffer): Buffer;
  /** Milliseconds from starting QEMU to the guest running; null for a machine that was booted. */
  readonly restoreMs: number | null;
  /** What of the host's memory it holds now; null where that cannot be known. */
  memoryUse(): MemoryUse | null;
  /** Rejects with `MACHINE_DIED` when the machine ends before its disposal. */
  readonly died: Promise<never>;
  /** Runs a command line with the guest's login shell, as root. */
  run(command: string, options?: CommandOptions): Promise<CommandEnd>;
  /** Connects to a port as seen from inside the guest; `host` may be a name that only the guest knows. */
  forward(host: string, port: number, signal?: AbortSignal): Promise<Forwarded>;
  /** Mounts the traced file system at `folder`. Once in a lineage: it stays mounted in every snapshot from there on. */
  mountWorkspace(folder: string): Promise<void>;
  makeFolder(folder: string): Promise<void>;
  /** Where `folder` is one: makes `kept`, a folder of the disk, with its owner and mode. */
  keepFolder(folder: string, kept: string): Promise<void>;
  /** Mounts an overlay; `lowers` from the top down, `upper` a folder of the guest's disk for what is written. */
  mountOverlay(target: string, lowers: readonly string[], upper: string): Promise<void>;
  unmount(target: string): Promise<void>;
  /**
   * Brings the guest to rest: no file-system request is under way and none starts until `thaw`. What the workspace saw
   * is complete then, and the machine may be saved.
   */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Saves a frozen machine; it stays frozen and goes on from the saved state. */
  save(target: SaveTarget): Promise<SavedMachine>;
}
