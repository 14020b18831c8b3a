import test from 'ava';

import { GitServer } from './git-server.ts';
import { Pusher } from './pusher.ts';

const REPOSITORIES = 5;
const PUSHES = 50;
const WITHIN_MS = 10_000;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

test('50 pushes to 5 repositories within 10 s each become a job, and the last one of each branch is what stays', async (t) => {
  await using server = await GitServer.start();
  const acceptedAt: number[] = [];
  server.jobs.whenSubmitted = () => acceptedAt.push(performance.now());
  const pushers = Array.from({ length: REPOSITORIES }, (_, at) => new Pusher({ 'a.txt': String(at) }));
  const startedAt = performance.now();
  const durations: number[] = [];
  const pushAll = async (pusher: Pusher, index: number): Promise<void> => {
    for (let number = 0; number < PUSHES / REPOSITORIES; number++) {
      const due = startedAt + (number * REPOSITORIES + index) * (WITHIN_MS / PUSHES);
      await waitUntil(due);
      pusher.commit({ 'a.txt': `${index} ${number}` });
      const beganAt = performance.now();
      const end = await pusher.run('push', '-o', 'layer.nowait', server.url(`r${index}`), 'main');
      t.is(end.code, 0, end.stderr);
      durations.push(performance.now() - beganAt);
    }
  };
  await Promise.all(pushers.map(pushAll));
  const tookMs = performance.now() - startedAt;
  t.is(server.jobs.jobs.length, PUSHES);
  for (const [index, pusher] of pushers.entries()) {
    const jobs = server.jobs.jobs.filter(({ repository }) => repository === `r${index}`);
    const open = jobs.filter(({ state }) => state === 'queued');
    t.deepEqual(
      open.map(({ commit }) => commit),
      [pusher.git('rev-parse', 'HEAD')],
    );
    t.is(new Set(jobs.map(({ commit }) => commit)).size, jobs.length);
    pusher[Symbol.dispose]();
  }
  t.deepEqual(server.troubles, []);
  const figures = [median(durations), Math.max(...durations), tookMs].map((value) => Math.round(value));
  t.log(`a push took ${figures[0] ?? 0} ms (median), at most ${figures[1] ?? 0} ms; all of them ${figures[2] ?? 0} ms`);
});

async function waitUntil(due: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setTimeout(() => resolve(undefined), Math.max(0, due - performance.now()));
  await promise;
}
