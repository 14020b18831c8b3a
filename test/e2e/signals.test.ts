import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

import type { BuildEvent } from '../../runner/index.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, Project, type Run, type Started } from './project.ts';
import { untilGone } from './until-gone.ts';

const INTERRUPTED = 130;
/** Far less than the step would take, were it waited for. */
const END_LIMIT_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;

/** A moment of a run: what its files are, and what calls `strike` then. */
interface Moment {
  readonly name: string;
  /** Seconds that the step lasts. */
  readonly pace: string;
  readonly await: (project: Project, event: BuildEvent, strike: () => void) => void;
}

const MOMENTS: readonly Moment[] = [
  {
    name: 'while the machine is restored',
    pace: '60',
    await: (_, event, strike) => {
      if (event.event === 'activity' && event.activity === 'restore') strike();
    },
  },
  {
    name: 'in the middle of a step',
    pace: '60',
    await: (_, event, strike) => {
      if (event.event === 'output' && event.text.includes('started')) strike();
    },
  },
  {
    name: 'while the machine is saved',
    pace: '1',
    await: (project, event, strike) => {
      if (event.event === 'output' && event.text.includes('started')) strikeAtSave(project, strike);
    },
  },
];

/** Strikes when a folder that a snapshot is being made in gets a file besides the machine's disk. */
function strikeAtSave(project: Project, strike: () => void): void {
  const snapshots = join(project.home, 'snapshots');
  for (const name of readdirSync(snapshots)) {
    const watcher = watch(join(snapshots, name), { persistent: false }, (_, file) => {
      if (file === null || file.startsWith('disk')) return;
      watcher.close();
      strike();
    });
  }
}

for (const signalName of SIGNALS) {
  machineTest(`${signalName} at any moment leaves no machine, and a cache that the next run uses`, async (t) => {
    using project = Project.of({
      Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN echo started; sleep "$(cat pace.txt)"\n',
      'pace.txt': '0\n',
    });
    const first = await project.run();
    t.is(outcomes(first), 'restored ran ran', first.stderr);

    for (const { name, pace, await: awaitMoment } of MOMENTS) {
      project.write('pace.txt', `${pace}\n`);
      let struckMs = 0;
      const started: Started = project.start(['run', '--json'], (event) =>
        awaitMoment(project, event, () => {
          struckMs = performance.now();
          started.kill(signalName);
        }),
      );
      const run = await started.ended;
      t.true(struckMs > 0, `${name}: ${run.stdout}${run.stderr}`);
      t.true(performance.now() - struckMs < END_LIMIT_MS, `nobody waits for the step: ${name}`);
      expectEnd(run, name);
      t.true(await untilGone(() => project.strayMachines()), `no machine is left: ${name}`);
    }

    project.write('pace.txt', '0\n');
    const restored = await project.run();
    t.is(restored.exitCode, 0);
    t.is(outcomes(restored), 'restored restored restored', 'what was there before is still there');
    project.write('pace.txt', '0.0\n');
    t.is(outcomes(await project.run()), 'restored restored ran', 'and can be continued');

    function expectEnd(run: Run, name: string): void {
      if (signalName === 'SIGKILL') {
        t.is(run.signalName, 'SIGKILL', name);
        return;
      }
      t.is(run.exitCode, INTERRUPTED, name);
      t.regex(outcomes(run), /^restored restored (cancelled|ran)$/, name);
      t.like(run.events.at(-1), { event: 'result', outcome: 'cancelled' }, name);
    }
  });
}
