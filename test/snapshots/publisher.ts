/**
 * A process of its own for the tests of crashes and of several processes at once: `publisher.ts HOME NAME COUNT` opens the
 * store and publishes a lineage of COUNT snapshots labelled `NAME 1`, `NAME 2`, ..., saying each id on stdout.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openSnapshotStore, type SnapshotId } from '../../snapshots/index.ts';
import { observation, publication } from './scratch.ts';

const [home = '', name = '', count = '0'] = process.argv.slice(2);
using store = openSnapshotStore({ home });
let parent: SnapshotId | null = null;
for (let step = 1; step <= Number(count); step += 1) {
  const pending = store.begin();
  for (const file of ['memory', 'devices']) writeFileSync(join(pending.folder, file), Buffer.alloc(300_000, step));
  const published = await store.publish(
    pending,
    publication({
      parent,
      dependsOn: parent === null ? [] : [parent],
      label: `${name} ${step}`,
      observations: [observation(`content file${step}`, String(step))],
      history: { workspace: '/w', layerfile: name, step: String(step) },
    }),
  );
  parent = published.id;
  console.log(published.id);
}
