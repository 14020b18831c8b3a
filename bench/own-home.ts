import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { layerHome } from '../util/layer-home.ts';

/** Makes a LAYER_HOME in which nothing ever ran; base images and what is known of the host come from the user's. */
export function makeHome(home: string): string {
  const images = join(layerHome(), 'images');
  mkdirSync(images, { recursive: true, mode: 0o700 });
  mkdirSync(home, { mode: 0o700 });
  symlinkSync(images, join(home, 'images'));
  const facts = join(layerHome(), 'host.json');
  if (existsSync(facts)) copyFileSync(facts, join(home, 'host.json'));
  return home;
}
