import { join } from 'node:path';

import { measure } from '../command.ts';
import { makeHome } from '../own-home.ts';
import { recordRun } from './recorded-run.ts';
import { Told } from './told.ts';
import type { OpenTool, Situation, Tool } from './tool.ts';
import type { GeneratedMonorepo } from './generated-monorepo.ts';

const LAYER = join(import.meta.dirname, '../../layer');

/** `./layer run` of the whole repository, in real machines. */
export const openLayer: OpenTool = (scratch, repository) =>
  Promise.resolve(layerTool(repository, makeHome(join(scratch, 'layer-home')), () => ['run']));

/**
 * For more Layerfiles than can be built here in reasonable time: they are recorded as built, through the runner, with a stand-in
 * for machines. What is measured then is `./layer run` where nothing changed, and `./layer plan` after an edit: the decision.
 */
export const openRecordedLayer: OpenTool = async (scratch, repository) => {
  const home = join(scratch, 'layer-home');
  await recordRun(repository, home);
  const args = (situation: Situation): readonly string[] =>
    situation === 'nothing changed' ? ['run', '--accel', 'tcg'] : ['plan', '--accel', 'tcg'];
  return layerTool(repository, home, args);
};

function layerTool(
  repository: GeneratedMonorepo,
  home: string,
  args: (situation: Situation) => readonly string[],
): Tool {
  return {
    name: 'layer',
    async build(situation) {
      const told = new Told();
      const { durationMs } = await measure({
        program: LAYER,
        args: [...args(situation), '--json'],
        folder: repository.folder,
        environment: { LAYER_HOME: home },
        onLine: told.add,
      });
      const { units } = repository;
      return { durationMs, ran: told.ran(units), othersToldMs: told.othersToldMs(units) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
