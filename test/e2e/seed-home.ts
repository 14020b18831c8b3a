import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { openSqliteDigestMemo } from '../../fs-tracer/index.ts';
import { fileVersion } from '../../util/file-version.ts';
import { layerHome } from '../../util/layer-home.ts';
import { lockBasesAtOnce } from '../helpers/base-lock.ts';
import { withRecordingQemu } from './recording-qemu.ts';

export const LAYER = join(import.meta.dirname, '../../layer');

/** Whether this test file has seen that the base image is booted. */
let isBooted = false;

/**
 * Makes `home` a LAYER_HOME in which the base image is booted and nothing else was ever run, so that what a test finds
 * restored is what the test itself ran. Booting takes half a minute: it is done once, in the user's own LAYER_HOME, from
 * which each test gets a copy. The base images themselves are not copied. Nobody else works in there meanwhile: even a plan
 * has files beside the index for a moment.
 */
export function seedHome(home: string): void {
  const images = join(layerHome(), 'images');
  const seed = join(layerHome(), 'test-bases', 'e2e-home');
  using _alone = lockBasesAtOnce();
  mkdirSync(images, { recursive: true, mode: 0o700 });
  if (!isBooted && !isSeeded(seed)) boot(seed, images);
  isBooted = true;
  mkdirSync(home, { mode: 0o700 });
  symlinkSync(images, join(home, 'images'));
  for (const name of ['host.json', 'index.sqlite']) copyFileSync(join(seed, name), join(home, name));
  execFileSync('cp', ['-a', '--sparse=always', '--reflink=auto', join(seed, 'snapshots'), home]);
  trustCopies(home, join(seed, 'digests.sqlite'));
}

/** The copies were not written to since they were made: hashing a gigabyte for each test would take seconds. */
export function trustCopies(home: string, seedMemo: string): void {
  if (existsSync(seedMemo)) copyFileSync(seedMemo, join(home, 'digests.sqlite'));
  using memo = openSqliteDigestMemo(join(home, 'digests.sqlite'));
  const snapshots = join(home, 'snapshots');
  for (const folder of readdirSync(snapshots).map((name) => join(snapshots, name))) {
    const { body } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      body: { files: readonly { name: string; sha256: string }[] };
    };
    for (const { name, sha256 } of body.files)
      memo.set(fileVersion(statSync(join(folder, name), { bigint: true })), sha256);
  }
}

function isSeeded(seed: string): boolean {
  if (!existsSync(join(seed, 'index.sqlite'))) return false;
  const { status, stdout } = layer(seed, 'plan');
  return status === 0 && !existsSync(join(seed, 'index.sqlite-wal')) && stdout.includes('"outcome":"restored"');
}

function boot(seed: string, images: string): void {
  rmSync(seed, { recursive: true, force: true });
  mkdirSync(seed, { recursive: true, mode: 0o700 });
  symlinkSync(images, join(seed, 'images'));
  if (existsSync(join(layerHome(), 'host.json'))) copyFileSync(join(layerHome(), 'host.json'), join(seed, 'host.json'));
  const { status, stdout, stderr } = layer(seed, 'run');
  if (status !== 0) throw new Error(`The base machine could not be booted (${status}): ${stdout}${stderr}`);
}

function layer(home: string, command: 'run' | 'plan'): SpawnSyncReturns<string> {
  const project = mkdtempSync(`${home}-project-`);
  try {
    writeFileSync(join(project, 'Layerfile'), 'FROM vm/debian:12\n');
    const env = withRecordingQemu({ ...process.env, LAYER_HOME: home });
    return spawnSync(LAYER, [command, '--json', project], { encoding: 'utf8', env });
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
