import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the guest has the program that performs the operations: outside of what is traced. */
export const OPERATIONS_PROGRAM = '/usr/local/lib/soundness/operations';

/** The programs that cases are made of, compiled on the host. */
export interface GuestPrograms {
  /** Static; see guest/operations.c. */
  readonly operations: Buffer;
  /** A static program of under a page. */
  readonly tiny: Buffer;
  /** What a script begins with, so that it prints its own content. */
  readonly scriptStart: Buffer;
}

const SOURCES = join(import.meta.dirname, 'guest');

export function compileGuestPrograms(folder: string): GuestPrograms {
  const compile = (name: string, options: readonly string[]): Buffer => {
    const program = join(folder, name);
    const strict = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-static', '-s'];
    execFileSync('musl-gcc', [...strict, ...options, '-o', program, join(SOURCES, `${name}.c`)]);
    return readFileSync(program);
  };
  return {
    operations: compile('operations', ['-O2']),
    tiny: compile('tiny', ['-Os', '-nostdlib', '-Wl,-z,noseparate-code', '-Wl,--build-id=none']),
    scriptStart: Buffer.from(`#!${OPERATIONS_PROGRAM}\n`),
  };
}
