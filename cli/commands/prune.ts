import type { ListedCache, PruneResult } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { keepStorage } from '../keep-storage.ts';
import { formatSize } from '../size.ts';
import type { Surroundings } from '../surroundings.ts';
import { counted } from '../../util/counted.ts';
import { cacheEvents, cacheTable } from './cache-table.ts';
import { snapshotTable } from './snapshot-table.ts';
import { tableStyle } from './table-style.ts';

export interface PruneArguments {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly caches: boolean;
  /** Null where only caches are meant. */
  readonly snapshots: PruneLimits | null;
}

export interface PruneLimits {
  readonly all: boolean;
  readonly images: boolean;
  readonly keepBytes: number | undefined;
  readonly olderThanMs: number | undefined;
}

/** `layer prune`: removes snapshots, base images and caches, and says what that was. Resolves to the exit code. */
export async function prune(request: PruneArguments, surroundings: Surroundings, signal: AbortSignal): Promise<number> {
  const { dryRun } = request;
  const { environment, stdout } = surroundings;
  const home = layerHome(environment);
  const budgetBytes = keepStorage(environment);
  const { pruneCaches, pruneSnapshots } = await surroundings.loadRunner();
  const result =
    request.snapshots === null
      ? null
      : await pruneSnapshots({ home, dryRun, signal, budgetBytes, ...request.snapshots });
  const caches = request.caches ? pruneCaches({ home, dryRun }) : null;
  stdout.write(request.json ? jsonLines(result, caches, dryRun) : text(result, caches, dryRun, surroundings));
  return 0;
}

function text(
  result: PruneResult | null,
  caches: readonly ListedCache[] | null,
  dryRun: boolean,
  surroundings: Surroundings,
): string {
  const parts = [
    ...(result === null ? [] : [snapshotText(result, dryRun, surroundings)]),
    ...(caches === null ? [] : [cacheTable(caches, dryRun)]),
  ];
  return parts.join('\n');
}

function snapshotText(result: PruneResult, dryRun: boolean, surroundings: Surroundings): string {
  const { removed, inUse, keptCount, keptBytes, keepBytes, images } = result;
  const table = removed.length === 0 ? [] : snapshotTable(removed, tableStyle(surroundings));
  const limit = keepBytes === null ? '' : ` of at most ${formatSize(keepBytes)}`;
  const lines = [
    ...table,
    removed.length === 0
      ? 'No snapshots to remove.'
      : `${counted(removed.length, 'snapshot')}, ${formatSize(bytesOf(removed))}, ${gone(dryRun)}`,
    ...(inUse.length === 0
      ? []
      : [`${counted(inUse.length, 'snapshot')}, ${formatSize(bytesOf(inUse))}, would go as well, but a run uses them`]),
    `${counted(keptCount, 'snapshot')}, ${formatSize(keptBytes)}${limit}, kept`,
    ...(images === null ? [] : imageLines(images, dryRun)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const WHY_KEPT = { needed: 'snapshots need it', 'in-use': 'a run may be using it' } as const;

function imageLines({ removed, kept }: NonNullable<PruneResult['images']>, dryRun: boolean): readonly string[] {
  return [
    ...removed.map(({ name, sizeBytes }) => `base image ${name}, ${formatSize(sizeBytes)}, ${gone(dryRun)}`),
    ...kept.map(({ name, sizeBytes, why }) => `base image ${name}, ${formatSize(sizeBytes)}, kept: ${WHY_KEPT[why]}`),
    ...(removed.length + kept.length === 0 ? ['No base images are stored.'] : []),
  ];
}

function gone(dryRun: boolean): string {
  return dryRun ? 'would be removed' : 'removed';
}

function bytesOf(all: readonly { readonly sizeBytes: number }[]): number {
  return all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function jsonLines(result: PruneResult | null, caches: readonly ListedCache[] | null, dryRun: boolean): string {
  const lines = [
    ...(result === null ? [] : snapshotEvents(result, dryRun)),
    ...(caches === null ? [] : cacheEvents(caches, dryRun)),
    { event: 'result', ...resultOf(result, caches), removed: !dryRun },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function snapshotEvents({ removed, inUse, images }: PruneResult, dryRun: boolean): readonly object[] {
  const snapshotEvent = ({ id, label, step, sizeBytes, usedAtMs }: PruneResult['removed'][number]): object => ({
    event: 'snapshot',
    id,
    instruction: label,
    workspace: step?.workspace ?? null,
    layerfile: step?.layerfile ?? null,
    step: step?.number ?? null,
    sizeBytes,
    lastUsed: new Date(usedAtMs).toISOString(),
  });
  return [
    ...removed.map((each) => ({ ...snapshotEvent(each), removed: !dryRun })),
    ...inUse.map((each) => ({ ...snapshotEvent(each), removed: false, kept: 'in-use' })),
    ...(images?.removed ?? []).map((each) => ({ event: 'image', ...each, removed: !dryRun })),
    ...(images?.kept ?? []).map(({ why, ...each }) => ({ event: 'image', ...each, removed: false, kept: why })),
  ];
}

/** Of caches alone, `sizeBytes` is theirs; else `cacheBytes` is. */
function resultOf(result: PruneResult | null, caches: readonly ListedCache[] | null): object {
  if (result === null) return { caches: caches?.length ?? 0, sizeBytes: bytesOf(caches ?? []) };
  const { removed, inUse, keptCount, keptBytes, keepBytes, images } = result;
  return {
    snapshots: removed.length,
    sizeBytes: bytesOf(removed),
    inUse: inUse.length,
    kept: keptCount,
    keptBytes,
    keepBytes,
    ...(images === null ? {} : { images: images.removed.length, imageBytes: bytesOf(images.removed) }),
    ...(caches === null ? {} : { caches: caches.length, cacheBytes: bytesOf(caches) }),
  };
}
