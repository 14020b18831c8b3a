import { join } from 'node:path';

import { makeBaseTarball } from '../base-tarball.ts';
import { countOf } from '../command.ts';
import { openDockerDaemon } from '../docker-daemon.ts';
import type { OpenTool } from './tool.ts';

/** `docker build` with BuildKit, by a daemon of our own. */
export const openBuildKit: OpenTool = async (scratch) => {
  const tarball = makeBaseTarball(join(scratch, 'docker-base'));
  if (tarball === undefined) return 'busybox-static is not installed';
  const daemon = await openDockerDaemon(join(scratch, 'docker'));
  if (typeof daemon === 'string') return daemon;
  await daemon.run(scratch, 'import', tarball, 'bench-base');
  return {
    name: 'buildkit',
    async build({ folder }) {
      const { durationMs, output } = await daemon.run(
        folder,
        ...['build', '--network', 'none', '--progress', 'plain', '.'],
      );
      return { durationMs, stepsRun: 4 - countOf(/ CACHED$/gm, output) };
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
};
