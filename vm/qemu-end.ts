import { LayerError } from '../util/layer-error.ts';
import { storageFull } from '../util/storage-error.ts';

/** QEMU does these to itself, over a state that it was not made for. */
const OWN_SIGNALS: ReadonlySet<NodeJS.Signals> = new Set(['SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE']);

const OUT_OF_MEMORY = 'Where memory runs out the system ends what uses most of it: `dmesg` says whether it did.';

/**
 * What is to be said of a QEMU that a signal ended which had nothing to do with what it was doing; null where it ended by
 * itself, or runs. `place` is a file of the machine's memory, or the folder it is in.
 */
export function endedFromOutside(signal: NodeJS.Signals | null, place: string): LayerError | null {
  if (signal === null || OWN_SIGNALS.has(signal)) return null;
  // What the host cannot give to a mapped page ends in this signal: a full tmpfs, a disk that cannot be read.
  if (signal === 'SIGBUS') return storageFull(new Error("the machine's memory could not be read or written"), place);
  const message = `The machine ended unexpectedly (${signal})`;
  return new LayerError('MACHINE_DIED', message, signal === 'SIGKILL' ? { hint: OUT_OF_MEMORY } : {});
}
