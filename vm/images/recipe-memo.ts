import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { noteGround } from '../../util/grounds.ts';
import { type ImageRecipe, recipeFiles, recipeHash } from './recipe.ts';

/** Longer than the clock tick of any file system in use: what changed as lately may change again and look the same. */
const SETTLED_MS = 3000;

interface RecipeMemo {
  readonly version: 1;
  /** By the recipe's name and tag. */
  readonly recipes: Readonly<Record<string, { readonly key: string; readonly hash: string }>>;
}

/**
 * {@link recipeHash}, remembered in `images/recipes.json` for as long as what is hashed is the same: every decision asks
 * for it, and hashing takes 10 ms where node:crypto has to be loaded for it. Losing the file costs that once.
 */
export function rememberedRecipeHash(imagesFolder: string, recipe: ImageRecipe): string {
  const path = join(imagesFolder, 'recipes.json');
  const name = `${recipe.name}-${recipe.tag}`;
  const key = keyOf(recipe);
  const memo = readMemo(path);
  const known = memo.recipes[name];
  if (key !== null && known?.key === key) return known.hash;
  const hash = recipeHash(recipe);
  if (key !== null) writeMemo(path, { version: 1, recipes: { ...memo.recipes, [name]: { key, hash } } });
  return hash;
}

/** Null where a file was changed so lately that it may still change unseen. */
function keyOf(recipe: ImageRecipe): string | null {
  for (const file of recipeFiles()) noteGround(file);
  const looks = recipeFiles().map((file) => statSync(file));
  if (looks.some(({ mtimeMs, ctimeMs }) => Date.now() - Math.max(mtimeMs, ctimeMs) < SETTLED_MS)) return null;
  const identities = looks.map(({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs]);
  return JSON.stringify([recipe, identities]);
}

function readMemo(path: string): RecipeMemo {
  const empty: RecipeMemo = { version: 1, recipes: {} };
  try {
    const memo = JSON.parse(readFileSync(path, 'utf8')) as Partial<RecipeMemo>;
    return memo.version === 1 && typeof memo.recipes === 'object' ? (memo as RecipeMemo) : empty;
  } catch {
    return empty;
  }
}

/** Not durable: half a file is no JSON. */
function writeMemo(path: string, memo: RecipeMemo): void {
  try {
    writeFileSync(path, JSON.stringify(memo), { mode: 0o600 });
  } catch {
    // Remembering is a matter of speed only.
  }
}
