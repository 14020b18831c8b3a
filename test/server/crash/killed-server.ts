import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openDatabase } from '../../../server/database.ts';
import type { Job, JobRun, JobState } from '../../../server/jobs/job.ts';
import { openJobQueue } from '../../../server/jobs/job-queue.ts';
import { JobStore } from '../../../server/jobs/job-store.ts';
import { JOB_TABLES } from '../../../server/jobs/job-tables.ts';
import { randomFrom } from '../../crash/sample.ts';
import { becomesTrue, processesNaming } from '../../helpers/processes.ts';

/** What was left when all jobs had ended. */
export interface Aftermath {
  readonly kills: number;
  readonly accepted: number;
  readonly states: Readonly<Record<JobState, number>>;
  readonly runs: number;
  readonly resumed: number;
  readonly events: number;
  /** From a start to the first job that is accepted, the longest. */
  readonly longestStartMs: number;
  /** Everything that is not as it must be. */
  readonly wrong: readonly string[];
}

const CHILD = join(import.meta.dirname, 'server-child.ts');
/** A kill comes while a server starts, recovers, or works. */
const LONGEST_LIFE_MS = 2500;

/** Kills a server as often as asked at random instants while it works, and looks at what is left when the last one has finished. */
export class KilledServer implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-killed-'));
  readonly #random: () => number;
  #kills = 0;
  #longestStartMs = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  async kill(): Promise<void> {
    const child = this.#start();
    const exited = once(child, 'exit');
    await delay(this.#random() * LONGEST_LIFE_MS);
    child.kill('SIGKILL');
    const [, signalName] = (await exited) as [number | null, NodeJS.Signals | null];
    if (signalName !== 'SIGKILL') throw new Error('The server ended before it was killed');
    this.#kills++;
  }

  async finish(): Promise<Aftermath> {
    const [code] = (await once(this.#start('finish'), 'exit')) as [number | null];
    if (code !== 0) throw new Error('The last server did not end in order');
    using file = openDatabase(join(this.#folder, 'server.sqlite'), [JOB_TABLES]);
    const store = new JobStore(file);
    const folders = { data: this.#folder, home: join(this.#folder, 'home') };
    const queue = await openJobQueue({ store, folders });
    const jobs = allJobs(store);
    const runs = jobs.flatMap(({ id }) => store.runs(id));
    const logs = await Promise.all(
      runs.map(async ({ job, number }) => {
        const lines: string[] = [];
        for await (const { line } of queue.events(job, number)?.read() ?? []) lines.push(line);
        return lines;
      }),
    );
    const areGone = await becomesTrue(() => processesNaming(this.#folder).length === 0);
    return {
      kills: this.#kills,
      accepted: this.#noted('accepted').length,
      states: store.counts(),
      runs: runs.length,
      resumed: runs.filter(({ cause }) => cause === 'resumed').length,
      events: logs.flat().length,
      longestStartMs: Math.round(this.#longestStartMs),
      wrong: [
        ...this.#wrongJobs(jobs),
        ...jobs.flatMap((job) => wrongRuns(job, store.runs(job.id))),
        ...runs.flatMap((run, index) => wrongLog(run, logs[index] ?? [])),
        ...(areGone ? [] : ['workers are left']),
      ],
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(...mode: readonly string[]): ChildProcess {
    const startedMs = performance.now();
    const seed = String(Math.floor(this.#random() * 2 ** 31));
    const child = fork(CHILD, [this.#folder, seed, ...mode], { execArgv: ['--disable-warning=ExperimentalWarning'] });
    child.on('message', () => {
      this.#longestStartMs = Math.max(this.#longestStartMs, performance.now() - startedMs);
    });
    return child;
  }

  #wrongJobs(jobs: readonly Job[]): readonly string[] {
    const known = new Map(jobs.map((job) => [job.id, job]));
    const completions = Map.groupBy(this.#noted('completions'), Number);
    const finals = Map.groupBy(this.#noted('finals'), (line) => Number(line.split(' ')[0]));
    const lost = this.#noted('accepted').filter((id) => !known.has(Number(id)));
    return [
      ...lost.map((id) => `job ${id} was accepted, and is lost`),
      ...[...finals].flatMap(([id, told]) => (told.length === 1 ? [] : [`job ${id} ended ${told.join(', then ')}`])),
      ...jobs.flatMap(({ id, state }) => {
        const times = completions.get(id)?.length ?? 0;
        const told = finals.get(id)?.[0]?.split(' ')[1] ?? state;
        const isComplete = state === 'succeeded' || state === 'failed';
        return [
          ...(state === 'queued' || state === 'running' ? [`job ${id} is still ${state}`] : []),
          ...(told === state ? [] : [`job ${id} is ${state}, and was told to be ${told}`]),
          ...(times === (isComplete ? 1 : 0) ? [] : [`job ${id} is ${state}, and was completed ${times} times`]),
        ];
      }),
    ];
  }

  #noted(name: string): readonly string[] {
    try {
      return readFileSync(join(this.#folder, name), 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  }
}

function allJobs(store: JobStore): readonly Job[] {
  const jobs: Job[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
    const page: ReturnType<JobStore['list']> = store.list(undefined, { before, limit: 200 });
    jobs.push(...page.jobs);
    before = page.next;
  }
  return jobs;
}

/** All runs but the last were cut off; the last one is what its job is. */
function wrongRuns({ id, state, runs: count }: Job, runs: readonly JobRun[]): readonly string[] {
  const outcomes = runs.map(({ outcome }) => outcome);
  const isRight =
    runs.length === count &&
    outcomes.slice(0, -1).every((outcome) => outcome === 'interrupted') &&
    (outcomes.at(-1) === state || state === 'cancelled');
  return isRight ? [] : [`job ${id} is ${state} after runs that ended ${outcomes.join(', ')}`];
}

function wrongLog({ job, number, outcome }: JobRun, lines: readonly string[]): readonly string[] {
  try {
    const events = lines.map((line) => JSON.parse(line) as { readonly event: string; readonly state?: string });
    const ends = events.filter(({ event }) => event === 'end');
    if (ends.length === 1 && events.at(-1)?.event === 'end' && ends[0]?.state === outcome) return [];
    return [
      `the log of run ${number} of job ${job}, which ended ${outcome ?? ''}, ends with ${lines.at(-1) ?? 'nothing'}`,
    ];
  } catch {
    return [`the log of run ${number} of job ${job} is not whole`];
  }
}
