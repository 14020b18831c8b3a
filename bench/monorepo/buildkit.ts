import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import PQueue from 'p-queue';

import { makeBaseTarball } from '../base-tarball.ts';
import { countOf } from '../command.ts';
import { openDockerDaemon } from '../docker-daemon.ts';
import type { Unit } from './generated-monorepo.ts';
import type { OpenTool } from './tool.ts';

const STEPS_BELOW_FROM = 2;

/**
 * `docker build` with BuildKit for each unit, in a loop: level by level, because an image must be there before another goes
 * on from it, and within a level as many at once as there are processors. (Debian's docker has no `buildx bake`.)
 */
export const openBuildKit: OpenTool = async (scratch, repository) => {
  const tarball = makeBaseTarball(join(scratch, 'docker-base'));
  if (tarball === undefined) return 'busybox-static is not installed';
  const daemon = await openDockerDaemon(join(scratch, 'docker'));
  if (typeof daemon === 'string') return daemon;
  await daemon.run(scratch, 'import', tarball, 'bench-base');
  const buildUnit = async ({ path, name }: Unit): Promise<boolean> => {
    const options = ['--network', 'none', '--progress', 'plain', '--tag', name];
    const { output } = await daemon.run(join(repository.folder, path), 'build', ...options, '.');
    return countOf(/ CACHED$/gm, output) < STEPS_BELOW_FROM;
  };
  return {
    name: 'buildkit loop',
    async build() {
      const started = performance.now();
      const ran: Unit[] = [];
      const queue = new PQueue({ concurrency: availableParallelism() });
      const build = async (unit: Unit): Promise<void> => {
        if (await buildUnit(unit)) ran.push(unit);
      };
      for (const level of Map.groupBy(repository.units, (unit) => unit.level).values())
        await queue.addAll(level.map((unit) => () => build(unit)));
      return { durationMs: performance.now() - started, ran, othersToldMs: null };
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
};
