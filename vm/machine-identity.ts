import { sha256 } from '../util/sha256.ts';
import { cpuModel, kernelCommandLine, MACHINE_TYPE, type MachineConfig, machineShape } from './machine-config.ts';
import type { MachineStateFormat } from './machine-state.ts';
import type { QemuOffers } from './qemu-offers.ts';

/** What a machine depends on besides its own configuration. */
export interface MachineFacts {
  /** QEMU's own version text. */
  readonly qemuVersion: string;
  readonly offers: Pick<QemuOffers, 'binary' | 'cpuFeatures'>;
  readonly format: MachineStateFormat;
  /** Hex sha-256 of the files that `kernel` and `initrd` name. */
  readonly kernelHash: string;
  readonly initrdHash: string;
}

/** The fields of a machine's identity: the names stand in keys, and in `miss` of a machine that changed. */
export const IDENTITY_FIELDS = [
  'accelerator',
  'qemu',
  'qemuBinary',
  'machine',
  'cpu',
  'cpuFeatures',
  'cpus',
  'memoryMib',
  'kernel',
  'initrd',
  'tscKhz',
  'kernelArguments',
  'devices',
  'format',
] as const;

export type MachineIdentity = Readonly<Record<(typeof IDENTITY_FIELDS)[number], string>>;

/**
 * Everything a saved machine depends on besides its files: a state made under other values is never tried. The guest
 * helper is part of the image, whose id the caller adds.
 *
 * Nor is the disk of such a state used without its memory. That would give what no run from scratch gives:
 * - What the guest wrote last is in its memory only, up to 30 s of it; a sync before every save would cost each save what a
 *   rare upgrade saves (ARCHITECTURE.md, "Another machine", has the figures).
 * - What a step left in memory would be lost: mounts, tmpfs, sysctl, modules, addresses, rules, transient units, whatever a
 *   process knows. No list of such things is complete, so none can show that there are none.
 * - Steps see the machine: -march=native, nproc, a heap sized by free memory. What they wrote belongs to the old one.
 * - A boot starts what a step only installed, and writes to the disk by itself.
 */
export function machineIdentity(
  config: MachineConfig,
  facts: MachineFacts,
  hashText: (text: string) => string = sha256,
): MachineIdentity {
  return {
    accelerator: config.accelerator,
    qemu: facts.qemuVersion,
    qemuBinary: facts.offers.binary,
    machine: MACHINE_TYPE,
    cpu: cpuModel(config.accelerator),
    cpuFeatures: facts.offers.cpuFeatures,
    cpus: String(config.cpus),
    memoryMib: String(config.memoryMib),
    kernel: facts.kernelHash,
    initrd: facts.initrdHash,
    // Under KVM the guest is not told, but counts with it all the same.
    tscKhz: String(config.tscKhz ?? 'unknown'),
    kernelArguments: kernelCommandLine(config),
    devices: machineShape(config, hashText),
    format: facts.format,
  };
}
