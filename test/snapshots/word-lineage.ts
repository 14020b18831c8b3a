import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { type Detacher, openStoreUpkeep, type Snapshot, type StoreUpkeep } from '../../snapshots/index.ts';
import { publication, scratchFolder } from './scratch.ts';

/** A lineage in which each snapshot's file needs all those above it, and the payload names them. */
export interface WordLineage {
  readonly home: string;
  readonly upkeep: StoreUpkeep;
  /** base, old, middle, child. */
  readonly snapshots: readonly [Snapshot, Snapshot, Snapshot, Snapshot];
}

export async function wordLineage(t: ExecutionContext, home = scratchFolder(t)): Promise<WordLineage> {
  const upkeep = await openStoreUpkeep({ home });
  t.teardown(() => upkeep[Symbol.dispose]());
  const base = await publishState(upkeep, 'base', []);
  const old = await publishState(upkeep, 'old', [base]);
  const middle = await publishState(upkeep, 'middle', [base, old]);
  const child = await publishState(upkeep, 'child', [base, old, middle]);
  return { home, upkeep, snapshots: [base, old, middle, child] };
}

async function publishState({ store }: StoreUpkeep, label: string, above: readonly Snapshot[]): Promise<Snapshot> {
  const pending = store.begin();
  writeFileSync(join(pending.folder, 'memory'), `${label};`);
  writeFileSync(join(pending.folder, 'devices'), label);
  const parent = above.at(-1)?.id ?? null;
  const dependsOn = above.map(({ id }) => id);
  return store.publish(pending, publication({ label, parent, dependsOn, payload: [...dependsOn, pending.id] }));
}

/** What a machine would be restored from: the files that the payload names, one after the other, each word once. */
function restored({ store }: StoreUpkeep, { id }: Snapshot): string {
  const chain = store.get(id)!.payload as readonly string[];
  const words = chain.flatMap((each) =>
    readFileSync(join(store.get(id)!.folder, '..', each, 'memory'), 'utf8')
      .split(';')
      .filter((word) => word !== ''),
  );
  return [...new Set(words)].join(' ');
}

export async function assertSound(
  t: ExecutionContext,
  { upkeep, snapshots }: WordLineage,
  point?: string,
): Promise<void> {
  t.is(restored(upkeep, snapshots[2]), 'base old middle', point);
  t.is(restored(upkeep, snapshots[3]), 'base old middle child', point);
  for (const { id } of upkeep.store.list()) t.deepEqual(await upkeep.store.verify(id), { ok: true }, point);
}

/** Puts what lies between into the snapshot's own file, as a squash does: over what it was made from it gives the same. */
export const wordSquash: Detacher = async ({ snapshot, dependents, folder }) => {
  const chain = snapshot.payload as readonly string[];
  const between = chain.slice(1).map((id) => readFileSync(join(snapshot.folder, '..', id, 'memory'), 'utf8'));
  writeFileSync(join(folder, 'memory'), between.join(''));
  const shorter = [chain[0], snapshot.id] as Snapshot['id'][];
  return Promise.resolve({
    drops: ['devices'],
    snapshot: { id: snapshot.id, payload: shorter, dependsOn: shorter.slice(0, 1) },
    dependents: dependents.map(({ id, payload }) => {
      const rest = (payload as Snapshot['id'][]).slice(chain.length);
      return { id, payload: [...shorter, ...rest], dependsOn: [...shorter, ...rest.slice(0, -1)] };
    }),
  });
};
