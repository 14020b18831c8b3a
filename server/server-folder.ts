import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { LayerError } from '../util/layer-error.ts';
import { makePrivateFolder } from '../util/layer-home.ts';
import { tryLock } from '../util/process-lock.ts';
import { ACCESS_TABLES } from './access/index.ts';
import { openDatabase, type ServerDatabase } from './database.ts';
import { FORGE_TABLES } from './forges/index.ts';
import { REPOSITORY_TABLES } from './git/index.ts';
import { JOB_TABLES } from './jobs/job-tables.ts';

/**
 * Has the data folder for this process alone, as its server, until disposed. Throws `SERVER_RUNNING` where another one has it: two
 * would run the same jobs.
 */
export function claimFolder(data: string): Disposable {
  makePrivateFolder(data);
  // It holds tokens of forges, secrets, and what people push.
  chmodSync(data, 0o700);
  const lock = tryLock(join(data, 'server.lock'), 'exclusive');
  if (lock !== null) return lock;
  throw new LayerError('SERVER_RUNNING', `Another \`layer serve\` works in ${data}`, {
    hint: 'End that one, or give this one a folder of its own with --data.',
  });
}

/** The database of a data folder, which a running server may have open, too. */
export function openServerDatabase(data: string): ServerDatabase {
  makePrivateFolder(data);
  return openDatabase(join(data, 'server.sqlite'), [JOB_TABLES, REPOSITORY_TABLES, FORGE_TABLES, ACCESS_TABLES]);
}
