/**
 * `disk-filler.ts FOLDER`: publishes on a small disk until it is full, makes the disk read-only, writable, and empties a bit
 * of it, and says what became of the store each time. Run by full-disk.test.ts in a mount namespace of its own.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openSnapshotStore, type SnapshotStore } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { publication } from './scratch.ts';

const [folder = ''] = process.argv.slice(2);

async function publishBig(store: SnapshotStore): Promise<void> {
  const pending = store.begin();
  try {
    // What does not fit here is the caller's error; the store's own writes come after it.
    writeFileSync(join(pending.folder, 'memory'), Buffer.alloc(120_000, 1));
    await store.publish(pending, publication({ payload: 'x'.repeat(120_000) }));
  } catch (error) {
    store.discard(pending);
    throw error;
  }
}

async function failureOf(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'no failure';
  } catch (error) {
    if (error instanceof LayerError) return `${error.code} ${error.hint ?? ''}`;
    return error instanceof Error && error.message.includes('ENOSPC') ? 'ENOSPC' : String(error);
  }
}

{
  using store = openSnapshotStore({ home: folder });
  let failure = 'no failure';
  while (failure === 'no failure') failure = await failureOf(async () => publishBig(store));
  // Above, the files did not fit, or the index; here they do, and the read set does not.
  const pending = store.begin();
  await failureOf(() => writeFileSync(join(folder, 'filler'), Buffer.alloc(4 * 1024 * 1024)));
  failure = await failureOf(() => store.publish(pending, publication()));
  rmSync(join(folder, 'filler'));
  store.discard(pending);
  console.log(failure);
}
execFileSync('mount', ['-o', 'remount,ro', folder]);
console.log(
  await failureOf(() => {
    using store = openSnapshotStore({ home: folder });
    store.begin();
  }),
);
execFileSync('mount', ['-o', 'remount,rw,size=8m', folder]);
{
  using store = openSnapshotStore({ home: folder });
  store.sweep();
  for (const { id } of store.list()) {
    const verification = await store.verify(id);
    if (!verification.ok) throw new Error(`damaged: ${JSON.stringify(verification)}`);
  }
  console.log(`whole ${store.list().length}`);
  console.log(
    `after making room: ${(await failureOf(async () => publishBig(store))).replace('no failure', 'published')}`,
  );
}
