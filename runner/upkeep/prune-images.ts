import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import type { StoreUpkeep } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { backingFileOf, removeImage, type StoredImage, storedImages } from '../../vm/index.ts';
import { decodePayload } from '../lineage-state.ts';

export interface PrunedImage {
  readonly id: string;
  /** `debian-12`. */
  readonly name: string;
  readonly sizeBytes: number;
}

export interface PrunedImages {
  readonly removed: readonly PrunedImage[];
  /** `needed`: snapshots that stay lie on its disk; `in-use`: something is being built, nobody can tell on which. */
  readonly kept: readonly (PrunedImage & { readonly why: 'needed' | 'in-use' })[];
}

/** Removes the base images that no snapshot but those of `going` lies on; with `dryRun` only says which. */
export function pruneImages(
  home: string,
  upkeep: StoreUpkeep,
  going: ReadonlySet<string>,
  dryRun: boolean,
): PrunedImages {
  const folder = join(home, 'images');
  const isBuilding = upkeep.isAnyPending();
  const needed = disksUnder(upkeep, going);
  const removed: StoredImage[] = [];
  const kept: (PrunedImage & { readonly why: 'needed' | 'in-use' })[] = [];
  for (const image of storedImages(folder)) {
    if (needed === null || needed.has(realPath(image.disk))) kept.push({ ...figures(image), why: 'needed' });
    else if (isBuilding) kept.push({ ...figures(image), why: 'in-use' });
    else removed.push(image);
  }
  if (!dryRun) for (const image of removed) removeImage(folder, image);
  return { removed: removed.map(figures), kept };
}

function figures({ id, name, sizeBytes }: StoredImage): PrunedImage {
  return { id, name, sizeBytes };
}

/** What the disks of the snapshots at the start of lineages are laid over. Null where that cannot be told of one. */
function disksUnder(upkeep: StoreUpkeep, going: ReadonlySet<string>): ReadonlySet<string> | null {
  const disks = new Set<string>();
  for (const snapshot of upkeep.store.list()) {
    if (snapshot.dependsOn.length > 0 || going.has(snapshot.id)) continue;
    try {
      const { machine } = decodePayload(dirname(snapshot.folder), snapshot.payload);
      const disk = backingFileOf(machine.disk);
      if (disk === null) return null;
      disks.add(realPath(resolve(dirname(machine.disk), disk)));
    } catch (error) {
      if (error instanceof LayerError) return null;
      throw error;
    }
  }
  return disks;
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
