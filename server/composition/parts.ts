import { join } from 'node:path';

import { INSTALLATION } from '../../util/installation.ts';
import { Access, type Caller } from '../access/index.ts';
import { type ApiApp, type App, makeApp, type OpenStreams } from '../api/index.ts';
import type { ServerDatabase } from '../database.ts';
import { type Git, openGit } from '../git/index.ts';
import { type JobQueue, openJobQueue } from '../jobs/job-queue.ts';
import { JobStore } from '../jobs/job-store.ts';
import type { ServerFolders } from '../jobs/work-place.ts';
import { urlOf } from '../listen.ts';
import { logSettings, ServerMetrics, type Told } from '../operations/index.ts';
import type { ServeOptions } from '../serve.ts';
import { openServerDatabase } from '../server-folder.ts';
import { Terminals } from '../terminals/index.ts';
import { Websites } from '../websites/index.ts';
import { YieldingSlots } from '../worker/yielding-slots.ts';
import { jobService } from './job-service.ts';
import { pushService } from './push-service.ts';
import { Readiness } from './readiness.ts';
import { repositoryService } from './repository-service.ts';
import { workStarter } from './start-work.ts';
import { queueLines, streamLines } from './told-lines.ts';

/** All of a server; it listens when its app does, and works when its queue has recovered. Disposing it ends all of it. */
export interface Parts extends AsyncDisposable {
  readonly app: App;
  readonly queue: JobQueue;
  readonly access: Access;
  readonly readiness: Readiness;
  describe(): readonly Told[];
}

interface PartsOptions extends ServeOptions {
  readonly folders: ServerFolders;
}

/** What makes machines, and what they are for. */
interface Works {
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly terminals: Terminals;
  readonly websites: Websites;
}

export async function openParts(options: PartsOptions): Promise<Parts> {
  const { folders, host, publicUrl, log, version } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(openServerDatabase(folders.data));
  const access = new Access(database);
  const readiness = new Readiness(database);
  // Both are made before the server has a port, or an app that could have one.
  const late: { app?: App; streams?: OpenStreams; websites?: Websites } = {};
  const url = (): string => publicUrl?.origin ?? (late.app === undefined ? '' : urlOf(late.app, host));
  const works = await openWorks(options, { database, access, late });
  const metrics = metricsOf(works, () => late.streams?.list().length ?? 0, database);
}
