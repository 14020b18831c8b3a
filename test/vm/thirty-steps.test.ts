import test, { type ExecutionContext } from 'ava';

import type { BuildEvent } from '../../runner/index.ts';
import { runLayerfiles } from '../../runner/run-layerfiles.ts';
import { Project } from '../e2e/project.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { takeVerdicts } from '../helpers/memory-oracle.ts';
import { ORACLE_EVERYWHERE } from '../helpers/oracle-switch.ts';

const STEPS = 30;
/** The step that an edit makes run again, with all that come after it. */
const EDITED = 20;

/** Work of every kind that a build has: files, memory, processes that come and go, caches, a service that never rests. */
const WORK: readonly ((step: number) => string)[] = [
  (step) => `RUN head -c 3000000 /dev/urandom > /root/blob-${step}; sync`,
  (step) => `RUN rm -f /root/blob-*; head -c 2000000 /dev/zero | tr '\\0' ${step % 10} > /dev/shm/text`,
  (step) => `ENV STEP=${step}`,
  (step) => `RUN perl -e '$text = "step ${step}" x 3000000; print length $text'`,
  (step) => `RUN cat ~/part-${step}.txt > /root/part && echo 3 > /proc/sys/vm/drop_caches`,
  (step) => `WORKDIR /root/work-${step}`,
  () => 'RUN for i in 1 2 3 4 5 6; do sh -c "echo $i >> /root/lines"; done; tar cf /dev/shm/etc.tar /etc',
  (step) => `RUN BACKGROUND while sleep 0.2; do echo ${step} > /dev/shm/beat; done`,
];

function layerfile(): string {
  const steps = Array.from({ length: STEPS - 3 }, (_, index) => index + 3).map((step) =>
    step === EDITED ? `RUN cat ~/part-${step}.txt > /root/part` : WORK[step % WORK.length]?.(step),
  );
  return ['FROM vm/debian:12', 'COPY . .', ...steps, 'RUN cat /root/part /root/lines | tail -n 3', ''].join('\n');
}

async function build(project: Project): Promise<readonly string[]> {
  const outcomes: string[] = [];
  const emit = (event: BuildEvent): void => {
    if (event.event === 'step') outcomes.push(event.outcome);
  };
  const result = await runLayerfiles({
    paths: ['.'],
    directory: project.repository,
    home: project.home,
    accelerator: 'auto',
    noCache: false,
    force: [],
    signal: new AbortController().signal,
    emit,
  });
  return [...outcomes, result.outcome];
}

async function expectRightSaves(t: ExecutionContext, project: Project, restored: number): Promise<void> {
  takeVerdicts();
  const outcomes = await build(project);
  t.deepEqual(outcomes, [
    ...Array.from({ length: restored }, () => 'restored'),
    ...Array.from({ length: STEPS - restored }, () => 'ran'),
    'succeeded',
  ]);
  const verdicts = takeVerdicts();
  t.is(verdicts.length, STEPS - restored, 'each step that ran was saved');
  t.deepEqual(verdicts.flat(), [], 'pages that a save got wrong');
}

const TITLE = `each save of a build of ${STEPS} steps is the machine as it was, and so is each one after a restore amid them`;

if (!ORACLE_EVERYWHERE) test.skip(`${TITLE} (skipped: npm run test:oracle)`, () => undefined);
else
  machineTest(TITLE, async (t) => {
    const parts = Array.from(
      { length: STEPS },
      (_, index) => [`part-${index + 1}.txt`, `part ${index + 1}\n`] as const,
    );
    using project = Project.of({ Layerfile: layerfile(), ...Object.fromEntries(parts) });
    await expectRightSaves(t, project, 1);
    project.write(`part-${EDITED}.txt`, 'edited\n');
    await expectRightSaves(t, project, EDITED - 1);
  });
