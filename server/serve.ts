import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Access } from './access/index.ts';
import { openParts } from './composition/parts.ts';
import { buildDashboard } from './dashboard-files.ts';
import { runGit } from './git/index.ts';
import type { JobQueueOptions } from './jobs/job-queue.ts';
import { listen } from './listen.ts';
import { type LogSink, whatGoesOn } from './operations/index.ts';
import { claimFolder } from './server-folder.ts';

export interface ServeOptions {
  /** `LAYER_HOME`. */
  readonly home: string;
  /** The server's own folder. */
  readonly data: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What people reach it by, where that is not what it listens on. */
  readonly publicUrl: URL | null;
  /** How many machines may run at once; null: one for each processor. */
  readonly jobs: number | null;
  /** For all machines together; null: most of what is free. */
  readonly memoryMib: number | null;
  readonly log: { readonly sink: LogSink; readonly form: 'json' | 'readable' };
  /** For tests: how workers are started; by default as this program's `serve-worker`. */
  readonly workers?: JobQueueOptions['workers'];
  /** Version of Layer. */
  readonly version: string;
}

export interface RunningServer {
  readonly told: {
    readonly url: string;
    /** The first token, which was made just now; null where there were some. */
    readonly token: string | null;
  };
  /** What everything is doing and waits for, as lines for people. */
  describe(): string;
  /** Ends all: nobody new comes in, streams end, jobs that run are given up and go on at the next start. At most {@link END_LIMIT_MS}. */
  end(): Promise<void>;
}

/** A supervisor gives ten seconds, as a rule, before it kills. */
const END_LIMIT_MS = 9000;

/**
 * Starts a server and resolves when it takes requests, and has taken up what an earlier one left. Throws `SERVER_RUNNING`, `CACHE_TOO_NEW`,
 * `PORT_UNAVAILABLE` and `PACKAGE_MISSING` (git).
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const folders = { home: resolve(options.home), data: resolve(options.data) };
  await Promise.all([runGit(['--version'], { folder: '/' }), buildDashboard()]);
  await using resources = new AsyncDisposableStack();
  resources.use(claimFolder(folders.data));
  const parts = resources.use(await openParts({ ...options, folders }));
  const url = await listen(parts.app, options);
  await parts.recover();
  const token = firstToken(parts.access);
  const owned = resources.move();
  return {
    told: { url: options.publicUrl?.origin ?? url, token },
    describe: () => whatGoesOn(parts.describe()),
    end: async () => endWithin(END_LIMIT_MS, owned),
  };
}

function firstToken(access: Access): string | null {
  return access.tokens().length > 0 ? null : (access.createToken('first', 'admin')?.token ?? null);
}

/** What has not ended by the limit ends with this process: workers notice that it is gone. */
async function endWithin(limitMs: number, resources: AsyncDisposableStack): Promise<void> {
  const timer = new AbortController();
  await Promise.race([resources.disposeAsync(), delay(limitMs, undefined, { signal: timer.signal }).catch(() => null)]);
  timer.abort();
}
