import type { MachineStateFormat } from './machine-state.ts';
import { LayerError } from '../util/layer-error.ts';

/** What a QEMU can do on this host, found out by trying (qemu-probe.ts) and remembered (host-facts.ts). */
export interface QemuOffers {
  /** Hex sha-256 of the program that ran: two builds of one version are two machines. */
  readonly binary: string;
  /** Hex sha-256 of all that the CPU model of the accelerator means here: under KVM that is the host's CPU. */
  readonly cpuFeatures: string;
  /** Why memory cannot be saved and loaded through QEMU's own process; null where it can. */
  readonly privateObstacle: string | null;
  /** Whether `migrate` can write memory at fixed places of a file (QEMU 9.0 and newer). */
  readonly mappedRam: boolean;
}

const FORMATS: readonly MachineStateFormat[] = ['private', 'mapped-ram', 'stream'];

/**
 * How machines are saved here. `forced` ($LAYER_STATE_FORMAT, for tests and to narrow down a fault) wins over what was
 * found out. Throws `USAGE` where it is no format.
 */
export function chooseStateFormat(offers: QemuOffers, forced?: string): MachineStateFormat {
  if (forced !== undefined && forced !== '') return named(forced);
  if (offers.privateObstacle === null) return 'private';
  return offers.mappedRam ? 'mapped-ram' : 'stream';
}

function named(text: string): MachineStateFormat {
  const format = FORMATS.find((each) => each === text);
  if (format !== undefined) return format;
  throw new LayerError('USAGE', `LAYER_STATE_FORMAT is "${text}", which is no format`, {
    hint: `It may be ${FORMATS.join(', ')}, or unset.`,
  });
}
