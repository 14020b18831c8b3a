import { type ListedCache, listCaches, removeCache } from './caches/cache-folder.ts';

export type { ListedCache } from './caches/cache-folder.ts';

/**
 * Removes what CACHE has kept, and says what that was; with `dryRun` only says it. Runs that are under way go on with what
 * they have, and may save it again.
 */
export function pruneCaches({
  home,
  dryRun,
}: {
  readonly home: string;
  readonly dryRun: boolean;
}): readonly ListedCache[] {
  const caches = listCaches(home);
  if (!dryRun) for (const cache of caches) removeCache(home, cache);
  return caches;
}
