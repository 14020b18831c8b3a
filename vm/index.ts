/**
 * vm/: a QEMU machine and a shell in it. Makes and loads machine-state files; never sees a Layerfile, and decides
 * nothing about which state is wanted, where it is kept or when it dies.
 *
 * Invariants:
 * - a machine ends with the process that started it, however that ends;
 * - a restored machine has fresh entropy and the right time before anybody can run a command in it;
 * - state files are written once; a base is never written after a machine has mapped it;
 * - nothing listens on a network: the guest is reached through Unix sockets in a private folder.
 */
export { type Accelerator, type AcceleratorVerdict, chooseAccelerator } from './accelerator.ts';
export { backingFileOf } from './backing-file.ts';
export type { Forwarded } from './guest-connection.ts';
export type { CommandEnd, CommandOptions } from './guest-shell.ts';
export type { GuestTerminal, TerminalSize } from './guest-terminal.ts';
export { HostFacts } from './host-facts.ts';
export { imageDamage } from './images/image-manifest.ts';
export {
  type BaseImage,
  findBaseImage,
  forgetBaseImage,
  type ImageProgress,
  requireRecipe,
} from './images/base-image.ts';
export { removeImage, type StoredImage, storedImages } from './images/stored-images.ts';
export type { ImageRecipe } from './images/recipe.ts';
export type { Machine, SavedMachine, SaveTarget } from './machine.ts';
export type { MachineConfig } from './machine-config.ts';
export { type MachineFactory, qemuMachines } from './machine-factory.ts';
export { IDENTITY_FIELDS, machineIdentity } from './machine-identity.ts';
export { type MachineState, type MachineStateFormat, type SaveFigures, STATE_FILES } from './machine-state.ts';
export { chooseStateFormat, type QemuOffers } from './qemu-offers.ts';
export type { SquashOptions } from './squash.ts';
export { qemuSquasher, type Squasher } from './squasher.ts';
