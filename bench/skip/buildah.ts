import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { makeBaseTarball } from '../base-tarball.ts';
import { countOf, type Ended, findProgram, measure } from '../command.ts';
import type { OpenTool } from './tool.ts';

/** `buildah build` with its cache of layers, in a storage of its own: overlay where the kernel has it, else vfs. */
export const openBuildah: OpenTool = async (scratch) => {
  const buildah = findProgram('buildah');
  if (buildah === undefined) return 'buildah is not installed';
  if (process.getuid?.() !== 0) return 'buildah is measured as root only';
  const folder = join(scratch, 'buildah');
  mkdirSync(folder);
  const tarball = makeBaseTarball(folder);
  if (tarball === undefined) return 'busybox-static is not installed';
  let driver = 'overlay';
  const run = (inFolder: string, ...args: readonly string[]): Promise<Ended> => {
    const storage = ['--root', join(folder, driver), '--runroot', join(folder, 'run'), '--storage-driver', driver];
    return measure({ program: buildah, args: [...storage, ...args], folder: inFolder });
  };
  const importBase = async (): Promise<void> => {
    const container = (await run(folder, 'from', 'scratch')).output.trim();
    await run(folder, 'add', container, tarball, '/');
    await run(folder, 'commit', '--rm', container, 'bench-base');
  };
  try {
    await importBase();
  } catch {
    driver = 'vfs';
    await importBase();
  }
  return {
    name: `buildah (${driver})`,
    async build(repository) {
      const options = ['--layers', '--isolation', 'chroot', '--network', 'host', '--pull-never'];
      const { durationMs, output } = await run(repository.folder, 'build', ...options, '.');
      return { durationMs, stepsRun: 4 - countOf(/^--> Using cache /gm, output) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};
