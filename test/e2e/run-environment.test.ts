import { execFileSync } from 'node:child_process';

import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, resultOf, type Run, stepOf } from './project.ts';

const LAYERFILE = `FROM vm/debian:12
ENV STAGE=shadowed NOTHING=shadowed
BUILD ENV GIT_COMMIT STAGE NOTHING
RUN printf '%s|' "$GIT_COMMIT" "$STAGE" "\${NOTHING-unset}" "$CI"
ENV VERSION=$(echo 1.0-beta)
SKIP REMAINING IF STAGE=~^test AND VERSION=~beta$
RUN echo "stage $STAGE"
SKIP REMAINING IF DEPLOY!=yes
RUN echo deployed
`;

function warnings({ events }: Run): readonly string[] {
  return events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));
}

machineTest(
  'BUILD ENV brings in the run, and SKIP REMAINING IF ends it, asking the guest only where it must',
  async (t) => {
    using project = Project.of({ Layerfile: LAYERFILE });
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: project.repository, encoding: 'utf8' }).trim();

    const tested = await project.run('--build-env', 'STAGE=test-1');
    t.is(tested.exitCode, 0, tested.stderr);
    t.is(outcomes(tested), 'restored ran ran ran ran ran skipped skipped skipped');
    t.is(outputOf(tested, 4), `${commit}|test-1|unset|true|`);
    t.is(resultOf(tested).outcome, 'succeeded');
    t.deepEqual(warnings(tested), [
      'NOTHING has no value in this run, and is unset; `--build-env NOTHING=VALUE` gives it one',
      'what is below is skipped: STAGE=~^test AND VERSION=~beta$',
    ]);

    const stage = `it's "live"\n$(echo not run) \\ é`;
    const live = await project.run('--build-env', `STAGE=${stage}`);
    t.is(outcomes(live), 'restored restored ran ran ran ran ran ran skipped');
    t.is(stepOf(live, 3).miss?.reason, 'instruction');
    t.is(outputOf(live, 4), `${commit}|${stage}|unset|true|`);
    t.is(outputOf(live, 7), `stage ${stage}\n`);

    const again = await project.run('--build-env', `STAGE=${stage}`);
    t.is(outcomes(again), 'restored restored restored restored restored restored restored restored skipped');
    t.is(again.machines, 0);
    t.like(resultOf(again), { outcome: 'succeeded', ran: 0 });

    const deployed = await project.run('--build-env', `STAGE=${stage}`, '--build-env', 'DEPLOY=yes');
    t.is(outcomes(deployed), 'restored restored restored restored restored restored restored ran ran');
    t.is(outputOf(deployed, 9), 'deployed\n');
  },
);
