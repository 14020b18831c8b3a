import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ShellKeys } from '../guest-shell.ts';
import { rememberedRecipeHash } from './recipe-memo.ts';
import { findRecipe, type ImageRecipe, knownImages, recipeHash } from './recipe.ts';
import { noteGround } from '../../util/grounds.ts';
import { LayerError } from '../../util/layer-error.ts';

/** A base image on disk. Its files never change once they are there. */
export interface BaseImage {
  /** Hex, of the recipe, the versions of every package and the image's own host key: another build is another image. */
  readonly id: string;
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly keys: ShellKeys;
}

export interface ImageProgress {
  readonly text: string;
  /** 0 to 1. */
  readonly progress: number;
}

/** `images/NAME-TAG.RECIPE.json`: which folder holds the image of this recipe. Versions of Layer may share a cache. */
export interface ImagePointer {
  readonly version: 1;
  readonly id: string;
  readonly recipe: string;
}

export const IMAGE_FILES = {
  disk: 'disk.raw',
  kernel: 'vmlinuz',
  initrd: 'initrd',
  clientKey: 'client_key',
  hostKey: 'host_key.pub',
} as const;

/** The recipe of `vm/NAME:TAG`. Throws `IMAGE_UNAVAILABLE` naming the images there are. */
export function requireRecipe(name: string, tag: string): ImageRecipe {
  const recipe = findRecipe(name, tag);
  if (recipe !== undefined) return recipe;
  throw new LayerError('IMAGE_UNAVAILABLE', `There is no base image vm/${name}:${tag}`, {
    hint: `The base images are ${knownImages().join(', ')}.`,
  });
}

/** The image as it is on disk, or null where it was not built yet or by another recipe. Reads two small files. */
export function findBaseImage(imagesFolder: string, recipe: ImageRecipe): BaseImage | null {
  const hash = rememberedRecipeHash(imagesFolder, recipe);
  const pointer = readPointer(placeOfPointer(imagesFolder, recipe, hash));
  if (pointer?.version !== 1 || pointer.recipe !== hash) return null;
  const image = openImage(join(imagesFolder, pointer.id), pointer.id);
  // The pointer is written first; and what lost a file is no image.
  const files = [image.disk, image.kernel, image.initrd];
  for (const file of files) noteGround(file, 'kind');
  return files.every((file) => existsSync(file)) ? image : null;
}

export function pointerPath(imagesFolder: string, recipe: ImageRecipe): string {
  return placeOfPointer(imagesFolder, recipe, recipeHash(recipe));
}

function placeOfPointer(imagesFolder: string, { name, tag }: ImageRecipe, hash: string): string {
  return join(imagesFolder, `${name}-${tag}.${hash.slice(0, 12)}.json`);
}

export function openImage(folder: string, id: string): BaseImage {
  const path = (name: keyof typeof IMAGE_FILES): string => join(folder, IMAGE_FILES[name]);
  return {
    id,
    disk: path('disk'),
    kernel: path('kernel'),
    initrd: path('initrd'),
    // Read when a machine is started, not when the image is looked up.
    get keys() {
      return {
        clientPrivateKey: readFileSync(path('clientKey'), 'utf8'),
        hostPublicKey: readFileSync(path('hostKey'), 'utf8'),
      };
    },
  };
}

/** Forgets an image that is damaged: the next one who wants it builds another. Its files stay for machines that run on it. */
export function forgetBaseImage(imagesFolder: string, recipe: ImageRecipe, { id }: BaseImage): void {
  const path = pointerPath(imagesFolder, recipe);
  if (readPointer(path)?.id === id) rmSync(path, { force: true });
}

function readPointer(path: string): ImagePointer | null {
  noteGround(path);
  try {
    const pointer = JSON.parse(readFileSync(path, 'utf8')) as Partial<ImagePointer>;
    return /^[\w-]+$/.test(pointer.id ?? '') ? (pointer as ImagePointer) : null;
  } catch {
    return null;
  }
}
