import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from './command.ts';

/** The smallest base a container build can run `cat` in: busybox, linked statically. Undefined where it is not installed. */
export function makeBaseTarball(scratch: string): string | undefined {
  const busybox = findProgram('/bin/busybox');
  if (busybox === undefined) return undefined;
  const root = join(scratch, 'base');
  mkdirSync(join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'tmp'));
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const applet of ['sh', 'cat']) symlinkSync('busybox', join(root, 'bin', applet));
  const tarball = join(scratch, 'base.tar');
  execFileSync('tar', ['-C', root, '-cf', tarball, '.']);
  return tarball;
}
