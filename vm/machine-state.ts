/**
 * A saved machine: files, by absolute path. They are written once; whoever keeps them must keep all of them together.
 * - `private`: memory as a base file that is mapped copy-on-write plus deltas, oldest first; device state apart.
 * - `stream`: memory and devices in one stream of QEMU's `migrate`, for a QEMU that cannot do the former.
 * - `mapped-ram`: the same in one sparse file in which each page has its place (QEMU 9.0, docs/devel/migration/mapped-ram.rst).
 */
export type MachineState = PrivateMemoryState | StreamState;

interface DiskState {
  /** The newest frozen qcow2 file; its backing files are below it. */
  readonly disk: string;
}

export interface PrivateMemoryState extends DiskState {
  readonly format: 'private';
  readonly memoryBase: string;
  readonly memoryDeltas: readonly string[];
  readonly deviceState: string;
}

export interface StreamState extends DiskState {
  readonly format: 'stream' | 'mapped-ram';
  readonly stream: string;
}

export type MachineStateFormat = MachineState['format'];

/** File names inside the folder a machine is saved to. The disk file is there from the machine's start. */
export const STATE_FILES = {
  memoryBase: 'memory.base',
  memoryDelta: 'memory.delta',
  deviceState: 'device.state',
  stream: 'machine.stream',
  disk: 'disk.qcow2',
} as const;

/** What a save cost. */
export interface SaveFigures {
  /** From `stop` to `cont`: how long the guest stood still. */
  readonly pauseMs: number;
  readonly dirtyBytes: number;
  readonly storedBytes: number;
}
