import type { Miss } from './build-event.ts';
import { printableLine } from '../util/printable-text.ts';

type MachineChange = NonNullable<Extract<Miss, { readonly reason: 'instruction' }>['machine']>;

/** Why nothing that is saved fits: `another machine: QEMU was 7.2.22, is 8.0.2`. Values that are hashes are not shown. */
export function machineSentence({ field, was, now }: MachineChange): string {
  const say = SENTENCES[field];
  return `another machine: ${say === undefined ? 'it changed' : say(printableLine(was), printableLine(now))}`;
}

const fromTo =
  (what: string, unit = '') =>
  (was: string, now: string): string =>
    `${what} was ${was}${unit}, is ${now}${unit}`;

/** By the names of the fields of a machine's identity (machine-identity.ts in vm/), and the two the runner adds. */
const SENTENCES: Readonly<Partial<Record<string, (was: string, now: string) => string>>> = {
  semantics: () => 'this version of Layer does some steps in another way',
  base: () => 'its base image was built anew',
  accelerator: fromTo('the accelerator'),
  qemu: fromTo('QEMU'),
  qemuBinary: () => 'QEMU was built anew',
  machine: fromTo('the machine type'),
  cpu: fromTo('the CPU model'),
  cpuFeatures: () => 'the CPU has other features',
  cpus: fromTo('the number of CPUs'),
  memoryMib: fromTo('memory', ' MiB'),
  kernel: () => 'the kernel is another one',
  initrd: () => 'the initial RAM disk is another one',
  tscKhz: fromTo('the time-stamp counter', ' kHz'),
  kernelArguments: () => 'the kernel gets other arguments',
  devices: () => 'this version of Layer gives it other devices',
  format: fromTo('the form in which it is saved'),
};
