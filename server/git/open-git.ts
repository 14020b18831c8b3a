import { join } from 'node:path';

import type { ServerDatabase } from '../database.ts';
import { answerHook } from './hook/answer-hook.ts';
import { hookPlace, writeHook } from './hook/hook-file.ts';
import { listenForHooks } from './hook/hook-listener.ts';
import { GitHttp, type GitHttpOptions } from './http/git-http.ts';
import { type MaintenanceOptions, startMaintenance } from './maintenance.ts';
import type { PushJobs } from './push-jobs.ts';
import { PushReceiver } from './push-receiver.ts';
import { Repositories } from './repositories.ts';
import type { PushReportOptions } from './report/push-report.ts';
import type { WatchedJobs } from './report/watch-job.ts';

export interface GitOptions
  extends Pick<GitHttpOptions, 'places' | 'idleMs'>,
    Pick<PushReportOptions, 'jobUrl' | 'patienceMs'> {
  /** With REPOSITORY_TABLES. */
  readonly database: ServerDatabase;
  /** The server's; absolute. */
  readonly dataFolder: string;
  readonly jobs: PushJobs & WatchedJobs;
  readonly maxPackBytes?: number;
  /** Whether upkeep may be done now; never by default. */
  readonly isIdle?: MaintenanceOptions['isIdle'];
  /** What went wrong with a repository, for who runs the server; without secrets. */
  readonly onTrouble?: (repository: string, trouble: string) => void;
}

/** All of git that a server has. Disposing it ends what it listens to; pushes under way are their processes' business. */
export interface Git extends AsyncDisposable {
  readonly repositories: Repositories;
  readonly receiver: PushReceiver;
  readonly http: GitHttp;
}

/** Opens what is below `dataFolder`, listens for hooks, and makes jobs of what was pushed while nobody did. */
export async function openGit(options: GitOptions): Promise<Git> {
  const { dataFolder, database, jobs, maxPackBytes, onTrouble = () => undefined } = options;
  const repositories = openRepositories(database, dataFolder, maxPackBytes);
  const receiver = new PushReceiver(repositories, jobs);
  const afterLostPush: GitHttpOptions['afterLostPush'] = async (only) => {
    await receiver.reconcile({ only });
  };
  const http = new GitHttp({ ...options, repositories, afterLostPush, onTrouble });
  const report: PushReportOptions = { ...options, jobs };
  const hooked = {
    repositories,
    receiver,
    report,
    letNextBegin: (push: string): void => http.letNextBegin(push),
    wasTaken: (push: string): void => http.wasTaken(push),
  };
  await using resources = new AsyncDisposableStack();
  const hook = hookPlace(dataFolder);
  writeHook(join(dataFolder, 'hooks'), hook);
  const listener = await listenForHooks({
    socket: hook.socket,
    answer: (message, signal) => answerHook(message, hooked, signal),
    onTrouble: (error) => onTrouble('', messageOf(error)),
  });
  resources.use(listener);
  // From here on hooks are heard; what comes meanwhile takes turns with this.
  await receiver.reconcile({ onTrouble: ({ name }, error) => onTrouble(name, messageOf(error)) });
  const { isIdle } = options;
  if (isIdle !== undefined)
    resources.use(
      startMaintenance({ repositories, isIdle, onTrouble: (name, error) => onTrouble(name, messageOf(error)) }),
    );
  const owned = resources.move();
  return { repositories, receiver, http, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

/** The repositories of a data folder, the server running or not. */
export function openRepositories(database: ServerDatabase, dataFolder: string, maxPackBytes?: number): Repositories {
  return new Repositories(database, {
    folder: join(dataFolder, 'repositories'),
    hooksFolder: join(dataFolder, 'hooks'),
    ...(maxPackBytes === undefined ? {} : { maxPackBytes }),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
