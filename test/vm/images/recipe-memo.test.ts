import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { rememberedRecipeHash } from '../../../vm/images/recipe-memo.ts';
import { recipeHash } from '../../../vm/images/recipe.ts';
import { requireRecipe } from '../../../vm/index.ts';

const RECIPE = requireRecipe('debian', '12');

function imagesFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the hash of a recipe is remembered for as long as nothing of it changes', (t) => {
  const folder = imagesFolder(t);
  t.is(rememberedRecipeHash(folder, RECIPE), recipeHash(RECIPE));
  const memo = join(folder, 'recipes.json');
  writeFileSync(memo, readFileSync(memo, 'utf8').replace(recipeHash(RECIPE), 'remembered'));
  t.is(rememberedRecipeHash(folder, RECIPE), 'remembered');
  const changed = { ...RECIPE, packages: [...RECIPE.packages, 'jq'] };
  t.is(rememberedRecipeHash(folder, changed), recipeHash(changed));
});

test('a memo that cannot be read or written costs time only', (t) => {
  const folder = imagesFolder(t);
  for (const text of ['', '{', '{"version":2}', '{"version":1}']) {
    writeFileSync(join(folder, 'recipes.json'), text);
    t.is(rememberedRecipeHash(folder, RECIPE), recipeHash(RECIPE), text);
  }
  t.is(rememberedRecipeHash(join(folder, 'missing'), RECIPE), recipeHash(RECIPE));
});
