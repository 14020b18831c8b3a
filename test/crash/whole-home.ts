import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { sweepHome } from '../../runner/sweep-home.ts';
import { openSnapshotStore } from '../../snapshots/index.ts';
import { expect } from './scenario.ts';

/** What only processes that are at work may have: temporary names, scratch folders. */
const STRAY = /\.tmp$|\.new$|\.memory$|(^|\/)(saving|tree|layer|layer-image)-\d+-\w{6}$/;

/**
 * Throws unless every snapshot is whole, and no file is left that nobody will use or remove. To be called when a run has
 * worked in the home after a crash: that run has swept.
 */
export async function expectWholeHome(home: string): Promise<void> {
  using store = openSnapshotStore({ home });
  // As a run does that needs a machine.
  store.sweep();
  sweepHome(home);
  for (const { id } of store.list()) {
    const checked = await store.verify(id);
    // Upkeep may be at work in the background.
    expect(checked.ok || store.get(id) === null, `snapshot ${id} is whole: ${JSON.stringify(checked)}`);
  }
  const live: string[] = store.list().map(({ id }) => id);
  const folders = namesIn(join(home, 'snapshots'));
  expect(
    folders.sort().join() === live.sort().join(),
    `there are folders of the ${live.length} snapshots only: ${folders.join(' ')}`,
  );
  const strays = strayFiles(home);
  expect(strays.length === 0, `no file is left over: ${strays.join(' ')}`);
}

function strayFiles(home: string): string[] {
  const all = readdirSync(home, { recursive: true, withFileTypes: true });
  return all.map((entry) => relative(home, join(entry.parentPath, entry.name))).filter((path) => STRAY.test(path));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
