import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project } from './project.ts';

const LAYERFILE = `FROM vm/debian:12
USER worker
CACHE ~/.cache/tool /var/cache/odd
COPY trigger.txt /app/
CACHE /app/modules
RUN cat /app/trigger.txt && \\
    n=$(cat ~/.cache/tool/count 2>/dev/null || echo 0) && echo $((n + 1)) > ~/.cache/tool/count && \\
    cat ~/.cache/tool/count && ls -lan --time-style=+ /var/cache/odd /app/modules
RUN cd /var/cache/odd && echo odd > '-n odd "name"' && ln -sf nowhere link && printf run > tool && chmod 4750 tool && \\
    mkdir -p /app/modules/m && echo module > /app/modules/m/index
`;

machineTest('CACHE keeps folders across runs, outside of every key, until they are pruned', async (t) => {
  using project = Project.of({ Layerfile: LAYERFILE, 'trigger.txt': 'one\n' });
  const first = await project.run();
  t.is(outcomes(first), 'restored ran ran ran ran ran ran', first.stderr);
  t.regex(outputOf(first, 6), /^one\n1\n/);
  t.notRegex(outputOf(first, 6), /odd "name"/);
  const again = await project.run();
  t.is(again.machines, 0);

  project.write('trigger.txt', 'two\n');
  const second = await project.run();
  t.is(outcomes(second), 'restored restored restored restored restored ran ran', second.stderr);
  const seen = outputOf(second, 6);
  t.regex(seen, /^two\n2\n/);
  t.regex(seen, /^lrwxrwxrwx .* link -> nowhere$/m);
  t.regex(seen, /^-rwsr-x--- 1 1000 0 +3 +tool$/m);
  t.regex(seen, /^-rw.* -n odd "name"$/m);
  t.regex(seen, /^drwx.* m$/m);
  t.deepEqual(warnings(second), []);

  project.write('trigger.txt', 'one\n');
  t.is((await project.run()).machines, 0, 'what is in the cache is in no key');

  const listed = (await project.start(['prune', '--caches', '--dry-run']).ended).stdout;
  t.regex(listed, /^\/home\/worker\/\.cache\/tool .*\n(.*\n)*3 caches, .*B\n$/m);
  const pruned = await project.start(['prune', '--caches', '--json']).ended;
  t.is(pruned.exitCode, 0);
  t.regex(pruned.stdout, /"event":"result","caches":3,"sizeBytes":\d+,"removed":true/);
  project.write('trigger.txt', 'three\n');
  const cleared = await project.run();
  t.regex(outputOf(cleared, 6), /^three\n1\n/);
  t.notRegex(outputOf(cleared, 6), /link/);
});

function warnings({ events }: Awaited<ReturnType<Project['run']>>): readonly string[] {
  return events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));
}
