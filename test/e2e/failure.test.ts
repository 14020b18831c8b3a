import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TraceFile } from '../../cli/record/timeline/trace-event.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, resultOf, stepOf } from './project.ts';

machineTest(
  'a step that exits 3 fails the run, leaves nothing behind, and runs again from the step above',
  async (t) => {
    using project = Project.of({
      Layerfile: `FROM vm/debian:12
COPY . .
RUN cat input.txt

# The line that fails is line 6.
RUN echo about to fail; echo why >&2; exit 3
RUN echo never reached
`,
      'input.txt': 'read\n',
    });
    for (const expected of ['restored ran ran failed skipped', 'restored restored restored failed skipped']) {
      const files = { timeline: join(project.temporary, 'run.json'), report: join(project.temporary, 'run.html') };
      const run = await project.run('--timeline', files.timeline, '--report', files.report);
      t.is(run.exitCode, 1);
      t.is(outcomes(run), expected);
      // Each stream is in order; which of two streams comes first is not promised.
      t.is(outputOf(run, 4, 'stdout'), 'about to fail\n');
      t.is(outputOf(run, 4, 'stderr'), 'why\n');
      t.like(stepOf(run, 4), { line: 6, exitCode: 3, snapshot: null, miss: { reason: 'new' } });
      t.like(resultOf(run), { outcome: 'failed', failed: 1 });
      t.regex(run.stderr, /^layer: Layerfile:6: .*about to fail.* failed with exit code 3$/m);
      t.is(run.machines, 1);
      const { traceEvents } = JSON.parse(readFileSync(files.timeline, 'utf8')) as TraceFile;
      const slices = traceEvents.filter((event) => event.ph === 'X');
      const names = slices.map(({ name }) => name).filter((name) => !['save', 'machine'].includes(name));
      const ran = expected.startsWith('restored ran') ? ['2 COPY . .', '3 RUN cat input.txt'] : [];
      t.deepEqual(names, ['restore', ...ran, '4 RUN echo about to fail; echo why >&2; exit 3']);
      t.true(slices.every(({ dur }) => dur >= 0));
      t.regex(readFileSync(files.report, 'utf8'), /<title>Failed: [^]*exit code 3[^]*<pre[^>]*>[^<]*about to fail/);
    }
    t.deepEqual(project.strayMachines(), []);
  },
);

machineTest('a file that is edited while the run reads it is named, and nothing that read it is kept', async (t) => {
  using project = Project.of({
    Layerfile:
      'FROM vm/debian:12\nCOPY . .\nRUN cat watched.txt; read -r line < <(sleep 1); echo done\nRUN echo last\n',
    'watched.txt': 'before\n',
  });
  const edited = await project.start(['run', '--json'], (event) => {
    if (event.event === 'output' && event.text.includes('before')) project.write('watched.txt', 'after\n');
  }).ended;
  t.is(edited.exitCode, 0, 'the run itself goes on to its end');
  t.is(outcomes(edited), 'restored ran ran ran');
  t.deepEqual([stepOf(edited, 3).snapshot, stepOf(edited, 4).snapshot], [null, null]);
  const warnings = edited.events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));
  t.regex(warnings.join('\n'), /watched\.txt changed while the run was reading it/);

  const again = await project.run();
  t.is(outcomes(again), 'restored restored ran ran');
  t.like(stepOf(again, 3).miss, { reason: 'unpublishable', paths: ['watched.txt'] });
  t.regex(outputOf(again, 3), /after/);
  t.is(outcomes(await project.run()), 'restored restored restored restored');
});
