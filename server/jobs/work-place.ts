import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { makePrivateFolder } from '../../util/layer-home.ts';
import type { WorkPlace } from '../worker/messages.ts';
import type { Job } from './job.ts';

/** Where a server keeps what. */
export interface ServerFolders {
  /** `LAYER_HOME/server`, or what `--data` names. */
  readonly data: string;
  /** The `LAYER_HOME` of jobs that are trusted. */
  readonly home: string;
  /** The folder of a repository, where it is not below `data`; null: there is none of that name. */
  readonly repositoryOf?: (name: string) => string | null;
}

/**
 * Where a job's work is done. One of a fork has a store of its own, since what it saves nobody else may ever restore; it shares the
 * base images, in which nothing of a job's is. And it sees no secrets.
 */
export function workPlaceOf(
  { repository, commit, trust }: Pick<Job, 'repository' | 'commit' | 'trust'>,
  { data, home, repositoryOf }: ServerFolders,
): WorkPlace {
  const folder = repositoryOf?.(repository) ?? join(data, 'repositories', `${repository}.git`);
  const place = { repository: folder, commit };
  if (trust === 'trusted') return { ...place, home, secretsHome: join(data, 'secrets', repository) };
  return { ...place, home: forksHome(data, home), secretsHome: null };
}

/** Where the log (`.jsonl`), the end (`.end`), the report (`.html`) and the timeline (`.json`) of a run are, without these. */
export function recordOf({ data }: ServerFolders, job: number, run: number): string {
  return join(data, 'jobs', String(job), String(run));
}

function forksHome(data: string, home: string): string {
  const forks = makePrivateFolder(join(data, 'forks'));
  mkdirSync(join(home, 'images'), { recursive: true, mode: 0o700 });
  try {
    symlinkSync(join(home, 'images'), join(forks, 'images'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return forks;
}
