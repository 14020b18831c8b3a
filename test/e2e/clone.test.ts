import { GitRepository } from '../helpers/git-repository.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, stepOf } from './project.ts';

machineTest(
  'CLONE shows the branch of the workspace’s name, and only what was read of it runs steps again',
  async (t) => {
    using upstream = new GitRepository({ 'lib/value.txt': 'main\n', 'README.md': 'one\n' });
    upstream.write('tool.sh', '#!/bin/sh\necho "tool of $(cat "${0%/*}/lib/value.txt")"\n', 0o755);
    upstream.commit();
    upstream.commitOn('feature', { 'lib/value.txt': 'feature\n' });
    using project = Project.of({
      Layerfile: `FROM vm/debian:12
CLONE ${upstream.url} DEFAULT=main /other
RUN /other/tool.sh
CLONE ${upstream.url} DEFAULT=main lib/*.txt README.md some/
RUN ls /root/some && echo written >> /root/some/README.md && ! test -e /other/.git
`,
    });
    project.git('checkout', '--quiet', '-b', 'work');
    const first = await project.run();
    t.is(outcomes(first), 'restored ran ran ran ran', first.stderr);
    t.is(outputOf(first, 3), 'tool of main\n');
    t.is(outputOf(first, 5), 'README.md\nvalue.txt\n');
    t.is(upstream.git('status', '--porcelain'), '', 'what the guest writes stays there');

    upstream.commit({ 'docs/new.md': 'unread\n' });
    const unread = await project.run();
    t.is(outcomes(unread), 'restored restored restored restored restored');
    t.is(unread.machines, 0);

    project.git('checkout', '--quiet', '-b', 'feature');
    const onFeature = await project.run();
    t.is(outcomes(onFeature), 'restored restored ran ran ran');
    t.is(outputOf(onFeature, 3), 'tool of feature\n');
    const { miss } = stepOf(onFeature, 3);
    t.like(miss, { reason: 'changed', kind: 'content' });
    t.regex(miss?.reason === 'changed' ? miss.path : '', /^clone:.*layer-upstream-.*\/lib\/value\.txt$/);

    project.git('checkout', '--quiet', 'work');
    t.is((await project.run()).machines, 0, 'what was stored of main holds again');
  },
);
