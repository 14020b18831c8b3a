import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeFileDurably } from '../../util/durable-file.ts';
import { LayerError } from '../../util/layer-error.ts';
import { asStorageError, storageUnusable } from '../../util/storage-error.ts';
import { makeTemporaryFolder } from '../../util/temporary-folder.ts';
import { GUEST_HELPER } from '../helper-binaries.ts';
import {
  type BaseImage,
  IMAGE_FILES,
  type ImagePointer,
  type ImageProgress,
  openImage,
  pointerPath,
} from './base-image.ts';
import { generateKeyPair } from './key-pair.ts';
import { writeImageManifest } from './image-manifest.ts';
import { runMmdebstrap } from './mmdebstrap.ts';
import { CUSTOMIZE_SCRIPT, type ImageRecipe, recipeHash } from './recipe.ts';

export interface ImageBuild {
  readonly imagesFolder: string;
  readonly recipe: ImageRecipe;
  readonly onProgress: (progress: ImageProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds a base image with mmdebstrap and makes it the current one of its name. About a minute and a half and 1 GB
 * where the mirror is near. Throws `IMAGE_UNAVAILABLE` with the tail of mmdebstrap's log.
 */
export async function buildBaseImage(build: ImageBuild): Promise<BaseImage> {
  const { imagesFolder, recipe } = build;
  if (!existsSync(recipe.keyring))
    throw new LayerError('IMAGE_UNAVAILABLE', `vm/${recipe.name}:${recipe.tag} needs ${recipe.keyring}`, {
      hint: `Install the package ${recipe.keyringPackage}.`,
    });
  try {
    mkdirSync(imagesFolder, { recursive: true, mode: 0o700 });
    using work = scratchFolder(makeWorkFolder(imagesFolder));
    const keys = await writeInputs(work.path, recipe);
    await runMmdebstrap({ ...build, work: work.path });
    const id = imageId(recipe, readFileSync(join(work.path, 'packages'), 'utf8'), keys.hostPublicKey);
    await publish(work.path, build, id, keys);
    return openImage(join(imagesFolder, id), id);
  } catch (error) {
    throw asStorageError(error, imagesFolder);
  }
}

/** Removed at the end of its scope; what cannot be removed is by a later process (makeTemporaryFolder). */
function scratchFolder(path: string): { readonly path: string } & Disposable {
  return {
    path,
    [Symbol.dispose]: () => {
      try {
        rmSync(path, { recursive: true, force: true });
      } catch {
        // The disk failed: that is what the build is about to say.
      }
    },
  };
}

/**
 * Where the pieces come together. An ordinary user's mmdebstrap works as another user id (user namespaces), which cannot
 * enter our private folders: there it is a folder of its own under the system's temporary folder.
 */
function makeWorkFolder(imagesFolder: string): string {
  const work = makeTemporaryFolder('layer-image', process.getuid?.() === 0 ? imagesFolder : tmpdir());
  chmodSync(work, 0o711);
  return work;
}

interface ImageKeys {
  readonly clientPrivateKey: string;
  readonly hostPublicKey: string;
}

async function writeInputs(work: string, recipe: ImageRecipe): Promise<ImageKeys> {
  const client = await generateKeyPair();
  const host = await generateKeyPair();
  writeFileSync(join(work, 'authorized_keys'), `${client.public}\n`, { mode: 0o600 });
  writeFileSync(join(work, 'host_key'), host.private, { mode: 0o600 });
  copyFileSync(GUEST_HELPER, join(work, 'layer-guest'));
  copyFileSync(CUSTOMIZE_SCRIPT, join(work, 'customize.sh'));
  const disk = join(work, IMAGE_FILES.disk);
  closeSync(openSync(disk, 'wx'));
  chmodSync(disk, 0o666);
  truncateSync(disk, recipe.diskGib * 2 ** 30);
  return { clientPrivateKey: client.private, hostPublicKey: host.public };
}

/** The host key makes it unique to this build: snapshots lie on its disk, and no two builds write the same bytes. */
function imageId(recipe: ImageRecipe, packages: string, hostPublicKey: string): string {
  const sorted = packages.trim().split('\n').sort().join('\n');
  return createHash('sha256')
    .update(recipeHash(recipe))
    .update('\0')
    .update(sorted)
    .update('\0')
    .update(hostPublicKey)
    .digest('hex')
    .slice(0, 32);
}

/**
 * Puts the finished files into `images/ID`. The pointer to it comes first, and is not followed before the folder is there:
 * a crash in between leaves no image that nobody knows of. The folder gets its name when it is complete and on disk.
 */
async function publish(work: string, { imagesFolder, recipe }: ImageBuild, id: string, keys: ImageKeys): Promise<void> {
  using scratch = scratchFolder(makeTemporaryFolder('layer-image', imagesFolder));
  const folder = scratch.path;
  const boot = readdirSync(join(work, 'boot'));
  const inBoot = (prefix: string): string => join(work, 'boot', boot.find((name) => name.startsWith(prefix)) ?? prefix);
  // mv keeps holes and copes with another file system.
  runTool('mv', [join(work, IMAGE_FILES.disk), folder], imagesFolder);
  chmodSync(join(folder, IMAGE_FILES.disk), 0o600);
  copyFileSync(inBoot('vmlinuz'), join(folder, IMAGE_FILES.kernel));
  copyFileSync(inBoot('initrd'), join(folder, IMAGE_FILES.initrd));
  writeFileSync(join(folder, IMAGE_FILES.clientKey), keys.clientPrivateKey, { mode: 0o600 });
  writeFileSync(join(folder, IMAGE_FILES.hostKey), `${keys.hostPublicKey}\n`, { mode: 0o600 });
  await writeImageManifest(openImage(folder, id), new Map());
  runTool('sync', ['-f', folder], imagesFolder);
  const pointer: ImagePointer = { version: 1, id, recipe: recipeHash(recipe) };
  writeFileDurably(pointerPath(imagesFolder, recipe), `${JSON.stringify(pointer)}\n`);
  renameSync(folder, join(imagesFolder, id));
}

function runTool(name: string, args: readonly string[], place: string): void {
  const { status, stderr } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw storageUnusable(new Error(stderr.trim()), place);
}
