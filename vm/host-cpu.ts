import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { arch } from 'node:os';

/** What says which CPU it is: its name alone does not tell a stepping, a microcode or a feature that was switched off. */
const TELLING = ['vendor_id', 'cpu family', 'model', 'model name', 'stepping', 'microcode', 'flags'];
/** More than one processor's part; the kernel writes the others only when they are read, which takes its time. */
const FIRST_PROCESSOR_BYTES = 8192;

/** The host's CPU as one line: its name, and a hash of all that tells it from others. */
export function hostCpu(): string {
  return cpuLine(firstProcessor());
}

/** `cpuinfo`: as in proc_cpuinfo(5), from its beginning. */
export function cpuLine(cpuinfo: string): string {
  const [first = ''] = cpuinfo.split('\n\n', 1);
  const values = new Map(first.split('\n').map(parts));
  const told = TELLING.map((name) => values.get(name) ?? '');
  return `${values.get('model name') ?? arch()} ${hash('sha256', JSON.stringify(told)).slice(0, 16)}`;
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
