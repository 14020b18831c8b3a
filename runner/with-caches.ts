import type { BuildContext } from './build-context.ts';
import type { Session } from './session.ts';

/** Gives a restored machine what CACHE has kept since its snapshot was taken. */
export async function refillCaches(context: BuildContext, session: Session): Promise<void> {
  if (session.lineage.caches.length === 0) return;
  const { CacheKeeper } = await import('./caches/cache-keeper.ts');
  await new CacheKeeper(context, session).refill();
}

/** Keeps what the steps of this run have left in the folders of CACHE; also of a run whose last step failed. */
export async function saveCaches(context: BuildContext, session: Session): Promise<void> {
  if (session.lineage.caches.length === 0) return;
  const { CacheKeeper } = await import('./caches/cache-keeper.ts');
  await new CacheKeeper(context, session).save();
}
