import test from 'ava';

import type { BuildEvent, Miss, StepEnded, StepOutcome } from '../../../runner/index.ts';
import type { Received } from '../../../server/git/push-receiver.ts';
import { reportPush } from '../../../server/git/report/push-report.ts';
import { FakeJobs } from './fake-jobs.ts';

const CHANGED: Miss = { reason: 'changed', kind: 'content', path: 'package.json', was: 'sha256:a', now: 'sha256:b' };
const COUNTS = { restored: 5, ran: 1, failed: 0, waiting: 0, durationMs: 12_000, savedMs: 60_000 };

function submit(jobs: FakeJobs, title = 'fix the parser'): Received {
  const job = jobs.submit({
    repository: 'web',
    ref: 'refs/heads/main',
    branch: 'main',
    commit: 'a'.repeat(40),
    title,
    author: 'Ada',
    pushedBy: 'ada',
    pushedAtMs: 1,
    trust: 'trusted',
    cause: 'push',
  });
  return { kind: 'job', ref: 'refs/heads/main', job };
}

function build(layerfile: string, steps: number, more: object = {}): BuildEvent {
  return { event: 'build', layerfile, name: layerfile, steps, ...more };
}

function start(layerfile: string, step: number, instruction: string, miss: Miss): BuildEvent {
  return { event: 'start', layerfile, step, line: step, instruction, miss };
}

function step(layerfile: string, number: number, outcome: StepOutcome, more: Partial<StepEnded> = {}): BuildEvent {
  const none = { exitCode: null, observed: null, snapshot: null, snapshotMs: null, snapshotBytes: null, miss: null };
  const place = { layerfile, step: number, line: number, instruction: 'RUN make' };
  return { event: 'step', ...place, outcome, durationMs: 0, ...none, ...more };
}

async function linesOf(
  jobs: FakeJobs,
  received: readonly Received[],
  options: readonly string[] = [],
  patienceMs = 5000,
): Promise<readonly string[]> {
  const report = { jobs, jobUrl: (id: number) => `http://ci/jobs/${id}`, patienceMs };
  const lines: string[] = [];
  for await (const line of reportPush(received, options, report, new AbortController().signal)) lines.push(line);
  return lines.slice(1, -1);
}

test('a push is told the address first, then what is restored, what runs and why; it waits no longer', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.tell(
    1,
    build('web/Layerfile', 2),
    build('api/Layerfile', 3),
    build('end-to-end/Layerfile', 2, needs('api/Layerfile')),
  );
  jobs.tell(1, step('web/Layerfile', 1, 'restored'), step('web/Layerfile', 2, 'restored', { savedMs: 192_000 }));
  jobs.tell(1, step('api/Layerfile', 1, 'restored'), start('api/Layerfile', 2, 'RUN npm ci', CHANGED));
  t.deepEqual(await linesOf(jobs, [received]), [
    'Layer: main is job 1: fix the parser',
    '  http://ci/jobs/1',
    '  web/Layerfile         restored   2 steps, saved 3 m 12 s',
    '  api/Layerfile         runs       RUN npm ci, because package.json changed',
    '  end-to-end/Layerfile  waits      for api/Layerfile',
    '  1 of 3 Layerfiles restored, saved 3 m 12 s',
  ]);
});

test('where all is restored, that is the last line', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.tell(1, build('Layerfile', 1), step('Layerfile', 1, 'restored', { savedMs: 5000 }));
  jobs.end(1, 'succeeded', { counts: { ...COUNTS, restored: 1, ran: 0, durationMs: 210 } });
  t.deepEqual((await linesOf(jobs, [received])).slice(2), [
    '  Layerfile  restored   1 step, saved 5.0 s',
    '  succeeded: 1 restored in 0.21 s',
  ]);
});

test('of many Layerfiles those that run have a line, and the others are counted', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  const paths = Array.from({ length: 30 }, (_, at) => `p${at}/Layerfile`);
  jobs.tell(1, ...paths.map((path) => build(path, 1)));
  jobs.tell(1, ...paths.slice(1).map((path) => step(path, 1, 'restored', { savedMs: 1000 })));
  jobs.tell(1, start('p0/Layerfile', 1, 'RUN make', { reason: 'new' }));
  t.deepEqual((await linesOf(jobs, [received])).slice(2), [
    '  p0/Layerfile   runs       RUN make (new)',
    '  29 of 30 Layerfiles restored, saved 29.0 s',
  ]);
});

test('with layer.wait the pusher sees how each ended, and the job', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.tell(1, build('a/Layerfile', 2), build('b/Layerfile', 1), start('a/Layerfile', 1, 'RUN make', CHANGED));
  jobs.tell(1, step('a/Layerfile', 1, 'ran'), step('a/Layerfile', 2, 'ran'));
  jobs.tell(1, start('b/Layerfile', 1, 'RUN make\nx', CHANGED), step('b/Layerfile', 1, 'failed', { exitCode: 3 }));
  jobs.end(1, 'failed', { counts: { ...COUNTS, failed: 1 } });
  t.deepEqual((await linesOf(jobs, [received], ['layer.wait'])).slice(2), [
    '  a/Layerfile  runs       RUN make, because package.json changed',
    '  a/Layerfile  ran        2 steps',
    '  b/Layerfile  runs       RUN make, because package.json changed',
    '  b/Layerfile  failed     RUN make: exit code 3',
    '  failed: 5 restored, 1 ran, 1 failed in 12.0 s',
  ]);
});

test('a job whose turn does not come, and one that is superseded, say so', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  t.deepEqual((await linesOf(jobs, [received], [], 50)).slice(2), ['  It waits for its turn.']);
  const waiting = linesOf(jobs, [received], ['layer.wait']);
  submit(jobs);
  t.deepEqual((await waiting).slice(2), ['  cancelled: superseded by job 2']);
});

test('a reason of several lines is told in several lines', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.end(1, 'failed', { reason: 'Layerfile:2:1: error: unknown\n  2 | RUNN x\n    | ^^^^' });
  t.deepEqual((await linesOf(jobs, [received])).slice(2), [
    '  failed: Layerfile:2:1: error: unknown',
    '      2 | RUNN x',
    '        | ^^^^',
  ]);
});

test('what is not known in time is told with what is being done', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.tell(1, build('Layerfile', 3), activity('Layerfile', 'building vm/debian:12'));
  t.deepEqual((await linesOf(jobs, [received], [], 50)).slice(2), ['  Layerfile  waits      building vm/debian:12']);
});

test('several jobs of a push are told with their addresses, and none is waited for', async (t) => {
  const jobs = new FakeJobs();
  const received = [submit(jobs), submit(jobs, ''), { kind: 'too-many', ref: 'refs/heads/x' } as const];
  t.deepEqual(await linesOf(jobs, received), [
    'Layer: main is job 1: fix the parser',
    '  http://ci/jobs/1',
    'Layer: main is job 2: aaaaaaaaaaaa',
    '  http://ci/jobs/2',
    'Layer: a push makes 50 jobs at most; 1 branch got none',
  ]);
});

test('a run that is begun again is told anew', async (t) => {
  const jobs = new FakeJobs();
  const received = submit(jobs);
  jobs.tell(1, build('Layerfile', 2), step('Layerfile', 1, 'restored'));
  const waiting = linesOf(jobs, [received], ['layer.wait']);
  jobs.change(1, { runs: 2 });
  jobs.end(1, 'succeeded');
  t.is((await waiting).at(-1), '  succeeded');
});

function needs(layerfile: string): object {
  return { needs: [{ kind: 'FROM', layerfile }] };
}

function activity(layerfile: string, text: string): BuildEvent {
  return { event: 'activity', layerfile, activity: 'image', text };
}
