import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { IMAGE_FILES, type ImagePointer } from './base-image.ts';

/** A base image on disk, whatever recipe it was built by. */
export interface StoredImage {
  readonly id: string;
  /** `debian-12`. */
  readonly name: string;
  readonly folder: string;
  readonly disk: string;
  readonly sizeBytes: number;
}

/** All base images in the folder of images that a run could find. */
export function storedImages(imagesFolder: string): readonly StoredImage[] {
  const byId = new Map<string, StoredImage>();
  for (const { pointer, file } of pointersIn(imagesFolder)) {
    const folder = join(imagesFolder, pointer.id);
    const disk = join(folder, IMAGE_FILES.disk);
    const name = file.replace(/\.[0-9a-f]+\.json$/, '');
    if (existsSync(disk)) byId.set(pointer.id, { id: pointer.id, name, folder, disk, sizeBytes: bytesIn(folder) });
  }
  return [...byId.values()];
}

/** The pointers go first: whoever looks for the image from now on builds it anew. */
export function removeImage(imagesFolder: string, { id, folder }: StoredImage): void {
  for (const { pointer, file } of pointersIn(imagesFolder))
    if (pointer.id === id) rmSync(join(imagesFolder, file), { force: true });
  rmSync(folder, { recursive: true, force: true });
}

interface PointerFile {
  readonly file: string;
  readonly pointer: ImagePointer;
}

function pointersIn(imagesFolder: string): readonly PointerFile[] {
  if (!existsSync(imagesFolder)) return [];
  const files = readdirSync(imagesFolder).filter((name) => name.endsWith('.json'));
  return files.flatMap((file) => {
    const pointer = readPointer(join(imagesFolder, file));
    return pointer === null ? [] : [{ file, pointer }];
  });
}

/** An id is one name: nothing else in a broken pointer may lead to another folder. */
function readPointer(path: string): ImagePointer | null {
  try {
    const pointer = JSON.parse(readFileSync(path, 'utf8')) as Partial<ImagePointer>;
    return typeof pointer.id === 'string' && /^[\w-]+$/.test(pointer.id) ? (pointer as ImagePointer) : null;
  } catch {
    return null;
  }
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder);
  return names.reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
    0,
  );
}
