import { join } from 'node:path';

import { measure } from '../command.ts';
import { makeHome } from '../own-home.ts';
import type { OpenTool } from './tool.ts';

const LAYER = join(import.meta.dirname, '../../layer');

/** `./layer run` with a LAYER_HOME of its own; base images and what is known of the host come from the user's. */
export const openLayer: OpenTool = (scratch) => {
  const home = makeHome(join(scratch, 'layer-home'));
  return Promise.resolve({
    name: 'layer',
    async build({ folder }) {
      const environment = { LAYER_HOME: home };
      const { durationMs, output } = await measure({ program: LAYER, args: ['run'], folder, environment });
      return { durationMs, stepsRun: Number(/(\d+) ran in /.exec(output)?.[1] ?? 0) };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
};
