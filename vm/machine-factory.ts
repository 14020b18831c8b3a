import type { Accelerator } from './accelerator.ts';
import type { ProbeOptions } from './boot-probe.ts';
import type { BaseImage } from './images/base-image.ts';
import type { ImageBuild } from './images/build-image.ts';
import type { Machine } from './machine.ts';
import type { QemuOffers } from './qemu-offers.ts';
import type { BootOptions, RestoreOptions } from './start-machine.ts';

/**
 * The ways to get at machines, as one value: the real ones are {@link qemuMachines}, tests of other folders have a fake.
 * The code behind each is loaded when it is first called, so that a run that starts no machine loads none of it.
 */
export interface MachineFactory {
  buildImage(build: ImageBuild): Promise<BaseImage>;
  bootProbe(options: ProbeOptions): Promise<string | null>;
  probeQemu(accelerator: Accelerator, signal?: AbortSignal): Promise<QemuOffers>;
  boot(options: BootOptions): Promise<Machine>;
  restore(options: RestoreOptions): Promise<Machine>;
}

export const qemuMachines: MachineFactory = {
  buildImage: async (build) => (await import('./images/build-image.ts')).buildBaseImage(build),
  bootProbe: async (options) => (await import('./boot-probe.ts')).bootProbe(options),
  probeQemu: async (accelerator, signal) => (await import('./qemu-probe.ts')).probeQemu(accelerator, signal),
  boot: async (options) => (await import('./start-machine.ts')).bootMachine(options),
  restore: async (options) => (await import('./start-machine.ts')).restoreMachine(options),
};
