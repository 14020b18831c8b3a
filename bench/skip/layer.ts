import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';
import { measure, type OpenTool } from './tool.ts';

const LAYER = join(import.meta.dirname, '../../layer');

/** `./layer run` with a LAYER_HOME of its own; base images and what is known of the host come from the user's. */
export const openLayer: OpenTool = (scratch) => {
  const home = join(scratch, 'layer-home');
  const images = join(layerHome(), 'images');
  mkdirSync(images, { recursive: true, mode: 0o700 });
  mkdirSync(home, { mode: 0o700 });
  symlinkSync(images, join(home, 'images'));
  const facts = join(layerHome(), 'host.json');
  if (existsSync(facts)) copyFileSync(facts, join(home, 'host.json'));
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
