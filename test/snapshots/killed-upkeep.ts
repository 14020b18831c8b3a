/**
 * `killed-upkeep.ts HOME N detach|pack ID`: does one piece of upkeep, and kills itself (SIGKILL) instead of the change number N + 1 of
 * what is on disk: a rename, a removal, or the commit of a transaction.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

import type { SnapshotId } from '../../snapshots/index.ts';
import { wordSquash } from './word-squash.ts';

const [, , home = '', changes = '', action = '', id = ''] = process.argv;
let left = Number(changes);

function dieInTime(): void {
  if (left-- <= 0) process.kill(process.pid, 'SIGKILL');
}

const { renameSync, rmSync } = fs;
const { rename, rm } = fs.promises;
fs.renameSync = (...args) => (dieInTime(), renameSync(...args));
fs.rmSync = (...args) => (dieInTime(), rmSync(...args));
fs.promises.rename = async (...args) => (dieInTime(), rename(...args));
fs.promises.rm = async (...args) => (dieInTime(), rm(...args));
syncBuiltinESMExports();
const { openStoreUpkeep } = await import('../../snapshots/index.ts');
using upkeep = await openStoreUpkeep({ home });
const execute = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'exec')?.value as (sql: string) => void;
DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
  if (sql === 'COMMIT') dieInTime();
  execute.call(this, sql);
};

const { signal } = new AbortController();
const snapshot = upkeep.store.get(id as SnapshotId);
if (snapshot === null) throw new Error(`there is no ${id}`);
if (action === 'detach') await upkeep.detach(snapshot.id, wordSquash, signal);
else await upkeep.pack(snapshot, ['memory'], signal);
