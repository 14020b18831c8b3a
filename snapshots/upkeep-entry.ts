import type { SnapshotStoreOptions } from './disk-store.ts';
import type { StoreUpkeep } from './store-upkeep.ts';

/** Opens a store for upkeep. Loaded only then: no build needs it. */
export async function openStoreUpkeep(options: SnapshotStoreOptions): Promise<StoreUpkeep> {
  const upkeep = await import('./store-upkeep.ts');
  return new upkeep.StoreUpkeep(options);
}
