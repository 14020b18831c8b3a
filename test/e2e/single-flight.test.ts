import type { BuildEvent } from '../../runner/index.ts';
import { expectWholeHome } from '../crash/whole-home.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, stepOf } from './project.ts';

const HEAD = `FROM vm/debian:12
COPY . .
RUN cat first.txt
RUN cat second.txt
`;
const FILES = {
  'a.Layerfile': `${HEAD}RUN cat a.txt\n`,
  'b.Layerfile': `${HEAD}RUN cat b.txt\n`,
  'slow.Layerfile': `${HEAD}RUN echo started && sleep 2\n`,
  ...Object.fromEntries(['first', 'second', 'a', 'b'].map((name) => [`${name}.txt`, `this is ${name}\n`])),
};
const NAMES = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'];

function saysWait(event: BuildEvent): boolean {
  return event.event === 'activity' && event.activity === 'wait';
}

machineTest('eight runs of two Layerfiles at once run each step once; a killed one holds nobody up', async (t) => {
  using project = Project.of(FILES);
  const runs = await Promise.all(NAMES.map((name) => project.start(['run', '--json', `${name}.Layerfile`]).ended));
  for (const run of runs) t.is(run.exitCode, 0, run.stderr);
  t.is(
    project.machinesStarted(),
    2,
    'one for the first steps and one tail, one for the other tail: who waits has none',
  );
  const ran = runs.flatMap((run, index) =>
    [1, 2, 3, 4, 5]
      .filter((number) => stepOf(run, number).outcome === 'ran')
      .map((number) => `${number === 5 ? NAMES[index] : ''}${number} ${outputOf(run, number).trim()}`.trim()),
  );
  t.deepEqual(ran.sort(), ['2', '3 this is first', '4 this is second', 'a5 this is a', 'b5 this is b']);
  t.true(runs.some(({ events }) => events.some(saysWait)));

  let struck = false;
  const killed = project.start(['run', '--json', 'slow.Layerfile'], (event) => {
    if (event.event !== 'output' || struck) return;
    struck = true;
    started.resolve(undefined);
  });
  const started = Promise.withResolvers<undefined>();
  await started.promise;
  const survivor = await project.start(['run', '--json', 'slow.Layerfile'], (event) => {
    if (saysWait(event)) killed.kill('SIGKILL');
  }).ended;
  t.is((await killed.ended).signalName, 'SIGKILL');
  t.is(outcomes(survivor), 'restored restored restored restored ran', survivor.stderr);
  t.deepEqual(project.strayMachines(), []);
  await t.notThrowsAsync(expectWholeHome(project.home));
});
