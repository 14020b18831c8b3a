import { closeSync, openSync, readSync } from 'node:fs';
import { arch } from 'node:os';

import { sha256 } from '../util/sha256.ts';

/** What says which CPU it is: its name alone does not tell a stepping, a microcode or a feature that was switched off. */
const TELLING = ['vendor_id', 'cpu family', 'model', 'model name', 'stepping', 'microcode', 'flags'];
/** More than one processor's part; the kernel writes the others only when they are read, which takes its time. */
const FIRST_PROCESSOR_BYTES = 8192;

/** The host's CPU, and its name as one line. */
export interface HostCpu {
  /** All that tells it from others, about 1 KB. */
  readonly told: string;
  /** Its name and a hash of `told`. */
  readonly line: string;
}

/** `known`: what was found out before; where the CPU is still that one nothing is hashed, which takes 3 ms in a new process. */
export function hostCpu(known?: HostCpu): HostCpu {
  return knownCpu(firstProcessor(), known);
}

/** `cpuinfo`: as in proc_cpuinfo(5), from its beginning. */
export function knownCpu(cpuinfo: string, known?: HostCpu): HostCpu {
  const [first = ''] = cpuinfo.split('\n\n', 1);
  const values = new Map(first.split('\n').map(parts));
  const told = JSON.stringify(TELLING.map((name) => values.get(name) ?? ''));
  if (told === known?.told) return known;
  return { told, line: `${values.get('model name') ?? arch()} ${sha256(told).slice(0, 16)}` };
}

function parts(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

function firstProcessor(): string {
  try {
    const file = openSync('/proc/cpuinfo', 'r');
    try {
      const bytes = Buffer.alloc(FIRST_PROCESSOR_BYTES);
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
