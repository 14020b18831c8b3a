import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

/** Runs a program with a disk of 2 MiB of its own mounted at `folder`; nobody else sees that. */
export function onSmallDisk(folder: string, program: readonly string[]): SpawnSyncReturns<string> {
  const command = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"';
  const namespaces = ['--user', '--map-root-user', '--mount', '--propagation', 'private'];
  return spawnSync('unshare', [...namespaces, 'sh', '-c', command, folder, ...program], { encoding: 'utf8' });
}

/** Registers a test that uses {@link onSmallDisk}; skipped, with the reason in its title, where that is not possible. */
export function smallDiskTest(title: string, body: (t: ExecutionContext) => Promise<void> | void): void {
  const folder = mkdtempSync(join(tmpdir(), 'layer-small-disk-'));
  const { status } = onSmallDisk(folder, ['true']);
  rmSync(folder, { recursive: true });
  if (status === 0) test(title, body);
  else test.skip(`${title} (skipped: a test may not mount a file system in a user namespace here)`, () => undefined);
}
