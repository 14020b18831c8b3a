import type { Miss } from '../../../runner/index.ts';
import { printable } from './printable.ts';

type ChangedMiss = Extract<Miss, { readonly reason: 'changed' }>;
type InstructionMiss = Extract<Miss, { readonly reason: 'instruction' }>;

/** Why a step was not restored, in the words of the command line: `package.json changed`, `.env appeared`. Goes on `ran, because`. */
export function missText(miss: Miss, step: number, instruction: string): string {
  switch (miss.reason) {
    case 'new':
      return 'it is new';
    case 'forced':
      return 'it was forced';
    case 'evicted':
      return 'its snapshot was removed';
    case 'instruction':
      return instructionText(miss, step, instruction);
    case 'unpublishable':
      return `${pathList(miss.paths)} changed while it ran last`;
    case 'changed':
      return changedText({ ...miss, path: printable(miss.path) });
  }
}

/** Instructions that are keyed by more than their text. */
const TAKES_VALUES = /^(BUILD ENV|SECRET ENV|SKIP REMAINING IF) /;

function instructionText(miss: InstructionMiss, step: number, instruction: string): string {
  if (miss.was !== undefined) return 'the instruction changed';
  if (miss.parent !== undefined) return `${printable(miss.parent)} runs anew`;
  if (miss.machine !== undefined) return machineText(miss.machine);
  if (step === 1) return 'the machine or its image changed';
  return TAKES_VALUES.test(instruction) ? 'a value or a step above changed' : 'a step above changed';
}

/** Fields whose values say something to people; others are hashes. */
const TOLD_FIELDS: Readonly<Partial<Record<string, string>>> = {
  accelerator: 'the accelerator',
  qemu: 'QEMU',
  machine: 'the machine type',
  cpu: 'the CPU model',
  cpus: 'the number of CPUs',
  memoryMib: 'memory (MiB)',
};

const UNTOLD_FIELDS: Readonly<Partial<Record<string, string>>> = {
  semantics: 'this version of Layer does some steps in another way',
  base: 'its base image was built anew',
  kernel: 'the kernel is another one',
};

function machineText({ field, was, now }: NonNullable<InstructionMiss['machine']>): string {
  const told = TOLD_FIELDS[field];
  if (told !== undefined) return `another machine: ${told} was ${printable(was)}, is ${printable(now)}`;
  return `another machine: ${UNTOLD_FIELDS[field] ?? 'it changed'}`;
}

const BECOMES: Readonly<Partial<Record<string, string>>> = {
  file: 'a file',
  folder: 'a folder',
  symlink: 'a symlink',
  special: 'a special file',
};

function changedText({ kind, path, was, now }: ChangedMiss): string {
  if (kind === 'absent' || was === 'absent') return `${path} appeared`;
  if (now === 'absent') return `${path} was removed`;
  const name = path === '' ? '.' : path;
  const becomes = BECOMES[now];
  if (becomes !== undefined && was !== now) return `${name} is now ${becomes}`;
  const onlyExecBit = was.replace('+x', '') === now.replace('+x', '');
  switch (kind) {
    case 'content':
      return onlyExecBit ? `exec bit of ${name} changed` : `${name} changed`;
    case 'listing':
      return `files in ${name}/ changed`;
    case 'stat':
      return onlyExecBit ? `exec bit of ${name} changed` : `size of ${name} changed`;
    case 'link':
      return `${name} points elsewhere`;
    case 'exists':
      return `type of ${name} changed`;
  }
}

function pathList(paths: readonly string[]): string {
  const [first = 'a file', ...others] = paths.map(printable);
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
