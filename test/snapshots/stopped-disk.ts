import fs from 'node:fs';
import { cpSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openStoreUpkeep, type StoreUpkeep } from '../../snapshots/index.ts';

/** Changes of the disk that still happen; everything after them fails, as if the process were no more. */
let left = Infinity;
let hasStopped = false;

function change<T>(make: () => T): T {
  if (left <= 0) {
    hasStopped = true;
    throw new Error('the process is no more');
  }
  left--;
  return make();
}

function stoppedSince(): boolean {
  return hasStopped;
}

const { renameSync, rmSync } = fs;
const { rename, rm } = fs.promises;
const execute = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')?.value as (sql: string) => void;

/** Renames, removals and commits count from here on, in the whole process: for files of serial tests only. */
function countChanges(): void {
  fs.renameSync = (...args) => change(() => renameSync(...args));
  fs.rmSync = (...args) => change(() => rmSync(...args));
  fs.promises.rename = async (...args) => change(() => rename(...args));
  fs.promises.rm = async (...args) => change(() => rm(...args));
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
    if (sql === 'COMMIT') change(() => execute.call(this, sql));
    else execute.call(this, sql);
  };
  syncBuiltinESMExports();
}

/**
 * Does `work` in copies of `home`, each time with one more change of the disk before its process is taken to be killed, until it
 * comes to its end; after each, `check` looks at what is left. Resolves to how often it was stopped.
 */
export async function atEachStop(
  home: string,
  work: (upkeep: StoreUpkeep) => Promise<unknown>,
  check: (upkeep: StoreUpkeep, point: string) => Promise<void>,
): Promise<number> {
  countChanges();
  for (let stops = 0; ; stops++) {
    const copy = `${home}-${stops}`;
    cpSync(home, copy, { recursive: true });
    try {
      await workUpTo(stops, copy, work);
      const isWhole = !stoppedSince();
      killOwners(copy);
      using upkeep = await openStoreUpkeep({ home: copy });
      await check(upkeep, `stopped after ${stops} changes`);
      if (isWhole) return stops;
    } finally {
      fs.rmSync(copy, { recursive: true, force: true });
    }
  }
}

async function workUpTo(changes: number, home: string, work: (upkeep: StoreUpkeep) => Promise<unknown>): Promise<void> {
  using upkeep = await openStoreUpkeep({ home });
  hasStopped = false;
  left = changes;
  try {
    await work(upkeep);
  } catch (error) {
    if (!stoppedSince()) throw error;
  } finally {
    left = Infinity;
  }
}

/** As if every process that owns something had died. */
function killOwners(home: string): void {
  using database = new DatabaseSync(join(home, 'index.sqlite'));
  database.exec("UPDATE pending SET owner = 'other-boot x 1 1'; UPDATE lease SET owner = 'other-boot x 1 1'");
}
