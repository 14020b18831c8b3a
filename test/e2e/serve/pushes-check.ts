/**
 * `npm run check:pushes -- [--pushes 50] [--kills 50] [--seed 1]`: many pushes to a real server, on the way that git takes.
 *
 * First that many pushes come within 10 s to 5 repositories, beside 200 open streams of a job that runs: each has a job, older ones of a
 * branch are superseded, and the median of the pages asked for meanwhile is told. Then the server is killed (SIGKILL) at random instants
 * while pushes go on, and started again: in the end every push that git took has one job, which has one final state. Most commits
 * differ in nothing that is read, so their jobs need no machine. Ends with 1 where anything is wrong.
 */
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { Job } from '../../../server/jobs/job.ts';
import { randomFrom } from '../../crash/sample.ts';
import { Project } from '../project.ts';
import { type Pushed, Pusher } from './pusher.ts';
import { Served } from './served.ts';

const { values } = parseArgs({
  options: {
    pushes: { type: 'string', default: '50' },
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const REPOSITORIES = ['one', 'two', 'three', 'four', 'five'];
const WITHIN_MS = 10_000;
/** Pushes that follow each other at once. The first of them needs a machine, and is superseded by the second, which takes it back. */
const BURST = 5;
const KEPT = 'this\n';
const STREAMS = 200;
const LONGEST_LIFE_MS = 2500;
const FINAL: readonly string[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];

const problems: string[] = [];
/** Which the streams are of. */
let slowJob = 0;
const random = randomFrom(Number(values.seed));
using project = Project.of({
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN cat kept\n',
  kept: KEPT,
  'slow.Layerfile': 'FROM vm/debian:12\nRUN for i in $(seq 600); do echo $i; sleep 0.2; done\n',
});
const pushers = REPOSITORIES.map((name) => new Pusher(project, name));
let served = await Served.start(project);
const { token } = served;
await warmUp();
await storm();
await killing();
await served[Symbol.asyncDispose]();
for (const problem of problems) console.log(`WRONG: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** A first push of each, so that there is something to restore. The slow one is what the streams are of. */
async function warmUp(): Promise<void> {
  for (const pusher of pushers) await pusher.push(served.remote(pusher.name));
  await allEnded(pushers.flatMap(({ pushed }) => pushed));
  const slow = await served.create('one', pushers[0]?.pushed[0]?.commit ?? '', ['slow.Layerfile']);
  console.log(`warm: ${pushers.length} repositories, job ${slow} runs slowly`);
  slowJob = slow;
}

async function storm(): Promise<void> {
  const before = new Set(pushers.flatMap(({ pushed }) => pushed));
  const streams = Array.from({ length: STREAMS }, () => openStream(`/api/jobs/${slowJob}/events`));
  const pages: number[] = [];
  const over = new AbortController();
  const asking = askPages(pages, over.signal);
  const each = Number(values.pushes) / pushers.length;
  const began = performance.now();
  await Promise.all(
    pushers.map(async (pusher) => {
      for (let index = 0; index < each; index++) {
        const dueMs = ((index - (index % BURST)) * WITHIN_MS) / each;
        await delay(Math.max(0, began + dueMs - performance.now()));
        pusher.edit('kept', index % BURST === 0 ? `${index}\n` : KEPT);
        await pusher.push(served.remote(pusher.name), 'layer.nowait');
      }
    }),
  );
  const tookMs = performance.now() - began;
  const pushed = pushers.flatMap((pusher) => pusher.pushed.filter((push) => !before.has(push)));
  const jobs = await allEnded(pushed);
  over.abort();
  await asking;
  const received = await Promise.all(streams.map(async ({ bytes, end }) => (end(), Promise.resolve(bytes()))));
  const superseded = jobs.filter(({ reason }) => reason?.startsWith('superseded') === true).length;
  if (pushed.length !== Number(values.pushes)) problems.push(`${pushed.length} of ${values.pushes} pushes were taken`);
  if (received.some((bytes) => bytes === 0)) problems.push('a stream got nothing');
  if (superseded === 0) problems.push('no job was superseded');
  const last = pushers.flatMap((pusher) => pusher.pushed.slice(-1));
  for (const { state, repository } of jobs.filter(({ commit }) => last.some((push) => push.commit === commit)))
    if (state !== 'succeeded') problems.push(`the newest job of ${repository} ended as ${state}`);
  console.log(
    `${pushed.length} pushes in ${seconds(tookMs)}, ${jobs.length} jobs, ${superseded} superseded; ` +
      `${pages.length} pages beside ${STREAMS} streams: median ${median(pages).toFixed(0)} ms (at most 200)`,
  );
  if (median(pages) > 200) problems.push('pages were slow');
  await served.post(`/api/jobs/${slowJob}/cancel`);
}

async function killing(): Promise<void> {
  const over = new AbortController();
  const all = pushers.map(async (pusher) => {
    while (!over.signal.aborted) {
      const wasTaken = await pusher.push(remoteOf(pusher.name), 'layer.nowait');
      if (!wasTaken) await delay(200);
    }
  });
  const before = pushers.flatMap(({ pushed }) => pushed).length;
  for (let kill = 0; kill < Number(values.kills); kill++) {
    await delay(random() * LONGEST_LIFE_MS);
    served.process.kill('SIGKILL');
    await served.process.ended;
    served = await Served.start(project, { token });
  }
  over.abort();
  await Promise.all(all);
  const pushed = pushers.flatMap((pusher) => pusher.pushed);
  const jobs = await allEnded(pushed);
  const states = Map.groupBy(jobs, ({ state }) => state);
  const counts = [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
  const resumed = jobs.filter(({ runs }) => runs > 1).length;
  console.log(
    `${values.kills} kills, ${pushed.length - before} pushes taken meanwhile; ${counts}; ${resumed} of more than one run`,
  );
}

/** The jobs of these pushes, when all jobs have ended. A push without a job, and a commit with two, are problems. */
async function allEnded(pushed: readonly Pushed[]): Promise<readonly Job[]> {
  for (;;) {
    const jobs = (await allJobs()).filter(({ id }) => id !== slowJob);
    if (jobs.some(({ state }) => !FINAL.includes(state))) {
      await delay(500);
      continue;
    }
    const byCommit = Map.groupBy(jobs, ({ repository, commit }) => `${repository} ${commit}`);
    for (const [of, { length }] of byCommit) if (length > 1) problems.push(`${of} has ${length} jobs`);
    return pushed.flatMap(({ repository, commit }) => {
      const found = byCommit.get(`${repository} ${commit}`) ?? [];
      if (found.length === 0) problems.push(`${repository} ${commit} has no job`);
      return found;
    });
  }
}

async function allJobs(): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  for (let before = ''; ; ) {
    const page = await served.json<{ jobs: readonly Job[]; next: number | null }>(`/api/jobs?limit=100${before}`);
    jobs.push(...page.jobs);
    if (page.next === null) return jobs;
    before = `&before=${page.next}`;
  }
}

function remoteOf(name: string): string {
  return served.remote(name);
}

async function askPages(times: number[], signal: AbortSignal): Promise<void> {
  for (let index = 0; !signal.aborted; index++) {
    const began = performance.now();
    await served.text(index % 2 === 0 ? '/' : '/api/jobs');
    times.push(performance.now() - began);
    await delay(100);
  }
}

function openStream(path: string): { readonly bytes: () => number; readonly end: () => void } {
  let count = 0;
  const asked = get(`${served.url}${path}`, { headers: { authorization: `Bearer ${token}` }, agent: false });
  asked.on('response', (response) => response.on('data', (bytes: Buffer) => (count += bytes.length)));
  asked.on('error', () => undefined);
  return { bytes: () => count, end: () => asked.destroy() };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
