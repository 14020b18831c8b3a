import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { runGit } from './run-git.ts';
import type { Repositories, Repository } from './repositories.ts';

export interface MaintenanceOptions {
  readonly repositories: Repositories;
  /** Whether nobody waits for anything now. */
  readonly isIdle: () => boolean;
  readonly onTrouble?: (repository: string, error: unknown) => void;
  /** Every 10 minutes by default. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 10 * 60_000;
const LIMIT_MS = 30 * 60_000;
/** A push takes less. */
const ABANDONED_MS = 24 * 60 * 60_000;
/** As `git gc --auto` counts by default; the repositories' own settings turn it off. */
const DUE = { 'gc.auto': '6700', 'gc.autoPackLimit': '50', 'gc.autoDetach': 'false' };

/** Packs what pushes brought to the server's own repositories, one at a time, while it is idle. Disposing it ends what is under way. */
export function startMaintenance(options: MaintenanceOptions): AsyncDisposable {
  const ending = new AbortController();
  let underway: Promise<void> | null = null;
  const timer = setInterval(() => {
    underway ??= maintainAll(options, ending.signal).finally(() => (underway = null));
  }, options.intervalMs ?? INTERVAL_MS);
  timer.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      ending.abort();
      await underway;
    },
  };
}

async function maintainAll(
  { repositories, isIdle, onTrouble }: MaintenanceOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const repository of repositories.list().filter((one) => repositories.isOwn(one))) {
    if (signal.aborted || !isIdle()) return;
    try {
      await maintain(repositories, repository, signal);
    } catch (error) {
      onTrouble?.(repository.name, error);
    }
  }
}

/** What is reachable from no ref stays for two weeks (gc.pruneExpire): a job of it can be retried that long. */
export async function maintain(
  repositories: Repositories,
  repository: Repository,
  signal?: AbortSignal,
): Promise<void> {
  const { folder } = repository;
  sweepAbandoned(folder, Date.now());
  const settings = { ...repositories.gitSettings(repository), ...DUE };
  const call = { folder, settings, limitMs: LIMIT_MS, ...(signal === undefined ? {} : { signal }) };
  await runGit([`--git-dir=${folder}`, 'gc', '--auto', '--quiet'], call);
}

/** What a killed receive-pack had received: git keeps it aside until it has checked it. */
export function sweepAbandoned(folder: string, nowMs: number): void {
  const objects = join(folder, 'objects');
  for (const name of readdirSync(objects)) {
    if (!/^(tmp_objdir-)?incoming-/.test(name)) continue;
    const path = join(objects, name);
    if (nowMs - lstatSync(path).mtimeMs > ABANDONED_MS) rmSync(path, { recursive: true, force: true });
  }
}
