import { counted } from '../../../util/counted.ts';
import { formatDuration } from '../../../util/duration.ts';
import type { FinalJobState, Job } from '../../jobs/job.ts';
import { MAX_JOBS_A_PUSH, type Received } from '../push-receiver.ts';
import { branchOf } from '../ref-update.ts';
import { RunStory } from './run-story.ts';
import { JobWatch, type WatchedJobs } from './watch-job.ts';

export interface PushReportOptions {
  readonly jobs: WatchedJobs;
  /** Where a job's page is. */
  readonly jobUrl: (id: number) => string;
  /** How long a pusher waits for the decision. 8 s by default. */
  readonly patienceMs?: number;
}

/** `layer.wait`: until the jobs have ended. `layer.nowait`: only where they are. */
const [WAIT, NO_WAIT] = ['layer.wait', 'layer.nowait'];
const PATIENCE_MS = 8000;
/** For a job whose turn has not come. */
const QUEUE_PATIENCE_MS = 2000;
/** How often somebody who waits hears that it goes on; also keeps the connection alive. */
const HEARTBEAT_MS = 60_000;
const LONGEST_WAIT_MS = 24 * 60 * 60_000;
const MAX_TITLE = 72;

/** What a pusher sees of what a push led to: first the jobs' addresses, then what becomes of them. */
export async function* reportPush(
  received: readonly Received[],
  options: readonly string[],
  report: PushReportOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const jobs = received.flatMap((one) => (one.kind === 'job' || one.kind === 'known' ? (one.job ?? []) : []));
  yield '';
  for (const one of received) yield* opening(one, report);
  const rest = received.filter(({ kind }) => kind === 'too-many').length;
  if (rest > 0)
    yield `Layer: a push makes ${MAX_JOBS_A_PUSH} jobs at most; ${counted(rest, 'branch').replace(/hs$/, 'hes')} got none`;
  const [only] = jobs;
  if (options.includes(WAIT)) for (const job of jobs) yield* follow(job, true, jobs.length > 1, report, signal);
  else if (only !== undefined && jobs.length === 1 && !options.includes(NO_WAIT))
    yield* follow(only, false, false, report, signal);
  yield '';
}

function* opening(received: Received, { jobUrl }: PushReportOptions): Generator<string> {
  const branch = branchOf(received.ref);
  if (received.kind === 'too-many') return;
  if (received.kind === 'deleted') {
    const ids = received.cancelled.map(({ id }) => `job ${id}`).join(', ');
    if (ids !== '') yield `Layer: ${branch} is gone; cancelled: ${ids}`;
    return;
  }
  const { job } = received;
  if (job === null) {
    yield `Layer: ${branch} is known; it makes no new job`;
    return;
  }
  const title = job.title.length > MAX_TITLE ? `${job.title.slice(0, MAX_TITLE - 1)}…` : job.title;
  const what = received.kind === 'overtaken' ? 'has moved on, see' : 'is';
  yield `Layer: ${branch} ${what} job ${job.id}: ${title || job.commit.slice(0, 12)}`;
  yield `  ${jobUrl(job.id)}`;
}

async function* follow(
  { id, branch }: Job,
  toTheEnd: boolean,
  isNamed: boolean,
  { jobs, patienceMs = PATIENCE_MS }: PushReportOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  using watch = new JobWatch(jobs, id);
  if (isNamed) yield `Job ${id}, ${branch}:`;
  const startMs = performance.now();
  const endMs = startMs + (toTheEnd ? LONGEST_WAIT_MS : patienceMs);
  let story = new RunStory(toTheEnd);
  let [job, reading] = [jobs.get(id), 0];
  while (!signal.aborted) {
    const isWaiting = !toTheEnd && job?.state === 'queued';
    const leftMs = (isWaiting ? Math.min(endMs, startMs + QUEUE_PATIENCE_MS) : endMs) - performance.now();
    const news = await watch.take(Math.min(leftMs, HEARTBEAT_MS), signal);
    if (news === undefined) {
      if (leftMs <= HEARTBEAT_MS) break;
      yield `  ${job === null ? 'gone' : job.state} since ${formatDuration(sinceMs(job))}`;
    } else if (news.kind === 'event') yield* story.take(news.event);
    else if (news.kind === 'job') ({ job } = news);
    else if (news.kind === 'begin') [story, reading] = [new RunStory(toTheEnd), news.run];
    else if (news.run === reading) reading = 0;
    if (!toTheEnd && story.isDecided && !story.hasEnded) break;
    if (isFinal(job) && reading === 0) break;
  }
  if (isFinal(job)) yield outcomeLine(job);
  else if (job?.state === 'queued') yield '  It waits for its turn.';
  else yield* story.closing();
}

function isFinal(job: Job | null): job is Job & { readonly state: FinalJobState } {
  return job !== null && job.state !== 'queued' && job.state !== 'running';
}

function sinceMs(job: Job | null): number {
  return Math.max(0, Date.now() - (job?.startedAtMs ?? job?.pushedAtMs ?? Date.now()));
}

/** `succeeded: 5 restored, 1 ran in 12 s`. */
export function outcomeText({ counts, reason, state }: Pick<Job, 'counts' | 'reason' | 'state'>): string {
  if (reason !== null) return reason;
  if (counts === null) return state;
  const { restored, ran, failed, waiting, durationMs } = counts;
  const parts = [
    `${restored} restored`,
    ...(ran > 0 ? [`${ran} ran`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting > 0 ? [`${waiting} waiting for a person`] : []),
  ];
  return `${parts.join(', ')} in ${formatDuration(durationMs)}`;
}

function outcomeLine(job: Job): string {
  const text = outcomeText(job);
  return `  ${job.state}${text === job.state ? '' : `: ${text}`}`;
}
