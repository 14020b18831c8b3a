import { machineTest } from './machine-test.ts';
import { Project } from './project.ts';
import { restoredAfterMs, Served, stepsOf } from './serve/served.ts';

const FILES = {
  'base/Layerfile': 'FROM vm/debian:12\nRUN echo ready > /ready\n',
  'first/Layerfile': 'FROM ../base\nCOPY . first\nRUN cat first/text /ready\n',
  'first/text': 'one\n',
  'second/Layerfile': 'FROM ../base\nCOPY . second\nRUN cat second/text /ready\n',
  'second/text': 'two\n',
};

machineTest(
  'serve: what is pushed is built and watched; after an edit the untouched is restored within 2 s, and only the affected runs',
  async (t) => {
    using project = Project.of(FILES);
    await using served = await Served.start(project);
    t.regex(served.token, /^layer_/);

    project.git('push', '--quiet', served.remote('shop'), 'HEAD:refs/heads/main');
    const first = await served.follow(1);
    t.deepEqual(stepsOf(first, 'failed', 'cancelled', 'skipped'), []);
    t.like(first.at(-1), { event: 'end', state: 'succeeded' });
    t.deepEqual(
      stepsOf(first, 'ran'),
      [
        'base/Layerfile:2',
        ...[1, 2, 3].flatMap((step) => [`first/Layerfile:${step}`, `second/Layerfile:${step}`]),
      ].sort(),
    );

    project.write('second/text', 'three\n');
    project.git('commit', '--quiet', '--all', '-m', 'another text');
    project.git('push', '--quiet', served.remote('shop'), 'HEAD:refs/heads/main');
    const second = await served.follow(2);
    const { job } = await served.job(2);
    t.like(job, { title: 'another text', state: 'succeeded', branch: 'main', repository: 'shop', runs: 1 });
    t.deepEqual(stepsOf(second, 'ran'), ['second/Layerfile:3']);
    const afterMs = restoredAfterMs(job, second, ['base/Layerfile', 'first/Layerfile']);
    t.log(`untouched Layerfiles restored ${Math.round(afterMs)} ms after the push`);
    t.true(afterMs < 2000, `${afterMs} ms`);

    const kept = (await served.json<{ jobs: unknown[] }>('/api/jobs?search=repo:shop')).jobs;
    t.is(kept.length, 2);
    served.process.kill('SIGTERM');
    const { exitCode, stderr } = await served.process.ended;
    t.is(exitCode, 0);
    t.false(stderr.includes(served.token), 'the log has no token');
  },
);
