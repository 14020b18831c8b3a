import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';

import test from 'ava';

import { scratchFolder } from './scratch.ts';

/** Runs a program with a small disk of its own mounted at `folder`; nobody else sees that. */
function onSmallDisk(folder: string, program: readonly string[]): SpawnSyncReturns<string> {
  const command = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"';
  const namespaces = ['--user', '--map-root-user', '--mount', '--propagation', 'private'];
  return spawnSync('unshare', [...namespaces, 'sh', '-c', command, folder, ...program], { encoding: 'utf8' });
}

const FILLER = join(import.meta.dirname, 'disk-filler.ts');

test('a full disk is reported with a hint, and the store stays whole and usable', (t) => {
  const folder = scratchFolder(t);
  if (onSmallDisk(folder, ['true']).status !== 0) {
    t.log('skipped: this machine does not let a test mount a file system in a user namespace');
    t.pass();
    return;
  }
  const { status, stdout, stderr } = onSmallDisk(folder, [process.execPath, FILLER, folder]);
  t.is(status, 0, stderr);
  t.regex(
    stdout,
    /^CACHE_FULL .*layer prune.*\nCACHE_UNUSABLE .*LAYER_HOME.*\nwhole [1-9]\nafter making room: published\n$/,
  );
});
