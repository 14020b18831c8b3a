import { readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

import type { BuildEvent } from '../../runner/index.ts';
import { machineTest } from './machine-test.ts';
import { stepsThat } from './monorepo/told-steps.ts';
import { Project, resultOf, type Run } from './project.ts';

const NUMBERS = Array.from({ length: 10 }, (_, number) => number);
const READY = Object.fromEntries(NUMBERS.map((n) => [`ready/${n}/Layerfile`, `FROM vm/debian:12\nRUN echo ${n}\n`]));
const GRAPH = {
  'graph/base/Layerfile': 'FROM vm/debian:12\nCOPY word.txt .\nRUN cat word.txt\n',
  'graph/base/word.txt': 'hello\n',
  'graph/one/Layerfile': 'FROM ../base\nRUN echo one\n',
  'graph/two/Layerfile': 'FROM ../base\nRUN echo two\n',
};
/** Machines have 1 GiB where nothing else is said. */
const ROOM_FOR_TWO = '2G';

/** Of those processes, which run QEMU now; a launcher becomes QEMU, and some end meanwhile. */
function qemus(processes: readonly number[]): number {
  const programs = processes.map((pid) => {
    try {
      return basename(readlinkSync(`/proc/${pid}/exe`));
    } catch {
      return '';
    }
  });
  return programs.filter((program) => program.startsWith('qemu-system')).length;
}

machineTest(
  'ten Layerfiles that are ready never have more machines than memory is given for, and two runs of a graph do each step once',
  async (t) => {
    using project = Project.of({ ...READY, ...GRAPH });
    const seen: number[] = [];
    const onEvent = (event: BuildEvent): void => {
      if (event.event === 'output' || event.event === 'start') seen.push(qemus(project.strayMachines()));
    };
    const all = await project.start(['run', '--json', '--jobs', '10', '--memory', ROOM_FOR_TWO, 'ready'], onEvent)
      .ended;
    t.is(all.exitCode, 0, all.stderr);
    t.like(resultOf(all), { outcome: 'succeeded', ran: 10, failed: 0 });
    t.is(Math.max(...seen), 2, `QEMU processes at each step: ${seen.join(' ')}`);
    t.is(mostAtOnce(all.events), 2);
    t.true(
      all.events.some((event) => event.event === 'activity' && event.activity === 'queue'),
      'who waits for memory says so',
    );

    const runs = await Promise.all([1, 2].map(async () => project.run('graph')));
    for (const run of runs) t.is(run.exitCode, 0, run.stderr);
    t.deepEqual(runs.flatMap((run) => ownSteps(run)).sort(), [
      'graph/base/Layerfile:2',
      'graph/base/Layerfile:3',
      'graph/one/Layerfile:2',
      'graph/two/Layerfile:2',
    ]);
    t.deepEqual(readdirSync(project.temporary), []);
  },
);

/** FROM of a Layerfile whose parent ran is told as one that ran. */
function ownSteps(run: Run): readonly string[] {
  return stepsThat(run, 'ran').filter((step) => !step.endsWith(':1'));
}

function mostAtOnce(events: readonly BuildEvent[]): number {
  let now = 0;
  const counts = events.flatMap((event) => {
    if (event.event !== 'machine') return [];
    now += event.phase === 'begin' ? 1 : -1;
    return [now];
  });
  return Math.max(...counts);
}
