import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { IMAGE_FILES, pointerPath } from '../../vm/images/base-image.ts';
import { recipeHash } from '../../vm/images/recipe.ts';
import { requireRecipe } from '../../vm/index.ts';
import { fakeImage } from './fake-machine.ts';

/** Lays a base image of a few bytes into a LAYER_HOME, as if an earlier run had built it. */
export function placeFakeImage(home: string): void {
  const images = join(home, 'images');
  const recipe = requireRecipe('debian', '12');
  mkdirSync(images, { recursive: true, mode: 0o700 });
  fakeImage(images);
  for (const key of [IMAGE_FILES.clientKey, IMAGE_FILES.hostKey]) writeFileSync(join(images, 'fake', key), 'fake');
  writeFileSync(pointerPath(images, recipe), JSON.stringify({ version: 1, id: 'fake', recipe: recipeHash(recipe) }));
}
