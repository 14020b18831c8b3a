import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Detacher, Snapshot } from '../../snapshots/index.ts';

/** Puts what lies between into the snapshot's own file, as a squash does: over what it was made from it gives the same. */
export const wordSquash: Detacher = async ({ snapshot, dependents, folder }) => {
  const chain = snapshot.payload as readonly string[];
  const between = chain.slice(1).map((id) => readFileSync(join(snapshot.folder, '..', id, 'memory'), 'utf8'));
  writeFileSync(join(folder, 'memory'), between.join(''));
  const shorter = [chain[0], snapshot.id] as Snapshot['id'][];
  return Promise.resolve({
    snapshot: { id: snapshot.id, payload: shorter, dependsOn: shorter.slice(0, 1) },
    dependents: dependents.map(({ id, payload }) => {
      const rest = (payload as Snapshot['id'][]).slice(chain.length);
      return { id, payload: [...shorter, ...rest], dependsOn: [...shorter, ...rest.slice(0, -1)] };
    }),
  });
};
