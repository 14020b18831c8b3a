import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Hits calls of programs that are started with it (interpose.c). */
export interface Interposer {
  readonly library: string;
  /** How many calls there were; not below a folder that faults happen in. */
  readonly countFile: string;
}

const SOURCE = join(import.meta.dirname, 'interpose.c');

/** Compiles it into `folder`; null where this machine has no C compiler for the C library that Node uses. */
export function makeInterposer(folder: string): Interposer | null {
  const library = join(folder, 'interpose.so');
  try {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, SOURCE, '-ldl'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  return { library, countFile: join(folder, 'count') };
}
