import type { BuildEvent } from '../../runner/index.ts';
import { machineTest } from './machine-test.ts';
import { EDITS } from './monorepo/edits.ts';
import { affectedSteps, stepsThat } from './monorepo/told-steps.ts';
import { Project, resultOf } from './project.ts';

const SERVICES = ['services/catalog', 'services/orders', 'services/web'];
const COPIES = [0, 1, 2];

/** On the branch of the test nothing is deployed; `main` is where somebody is asked. */
const ON_MAIN = ['--build-env', 'GIT_BRANCH=main'];

machineTest(
  'monorepo: each edit runs exactly the steps that observed it, of exactly the Layerfiles that they are in',
  async (t) => {
    using project = Project.ofExample('monorepo');
    const first = await project.run(...ON_MAIN);
    t.is(first.exitCode, 0, first.stderr);
    t.like(resultOf(first), { outcome: 'succeeded', failed: 0, waiting: 1 });

    const shared = SERVICES.map((service) => `${service}/Layerfile:3`);
    t.is(stepsThat(first, 'ran').filter((step) => shared.includes(step)).length, 1, 'the same first steps ran once');

    const told = COPIES.map((copy) => outputOfCopy(first.events, copy));
    for (const [copy, output] of told.entries())
      t.regex(output, new RegExp(`^part ${copy} of 3, on machine [0-9a-f]{32}$`, 'm'));
    t.is(new Set(told.map((output) => /on machine (.*)/.exec(output)?.[1])).size, COPIES.length);
    t.is(told.join('').match(/^ok: /gm)?.length, 6, 'each test ran in one copy, against services that are alive in it');

    const again = await project.run();
    t.deepEqual(stepsThat(again, 'ran', 'failed', 'cancelled'), []);
    t.deepEqual(
      stepsThat(again, 'skipped'),
      [3, 4, 5, 6].map((step) => `deploy/Layerfile:${step}`),
    );
    t.is(again.machines, 0);

    for (const { what, apply, affects } of EDITS) {
      apply(project);
      const plan = await project.start(['plan', '--json']).ended;
      t.deepEqual(stepsThat(plan, 'would-run'), affects.toSorted(), what);
      project.git('add', '.');
      project.git('commit', '--quiet', '-m', what);
      const since = await project.start(['plan', '--since', 'HEAD~1', '--exit-code', '--json']).ended;
      t.deepEqual(affectedSteps(since), affects.toSorted(), `${what}, since HEAD~1`);
      t.is(since.exitCode, affects.length === 0 ? 0 : 1);
      project.git('reset', '--quiet', '--hard', 'HEAD~1');
    }

    const edits = EDITS.filter(({ what }) => what.includes('unit test') || what === 'one end-to-end test');
    for (const { apply } of edits) apply(project);
    const edited = await project.run();
    t.is(edited.exitCode, 0, edited.stderr);
    t.deepEqual(stepsThat(edited, 'ran'), edits.flatMap(({ affects }) => affects).sort());
    t.is(edited.machines, 2);
  },
);

function outputOfCopy(events: readonly BuildEvent[], copy: number): string {
  return events
    .filter((event) => event.event === 'output')
    .filter((event) => event.layerfile === 'e2e/Layerfile' && event.copy === copy)
    .map(({ text }) => text)
    .join('');
}
