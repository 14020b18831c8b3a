import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, resultOf, stepOf } from './project.ts';
import { compareTranscript } from './transcript.ts';

const ALL_RESTORED = 'restored restored restored restored restored restored restored';

machineTest('node-app: each edit runs what depends on it, and undoing it restores everything', async (t) => {
  using project = Project.ofExample('node-app');
  const expectAllRestored = async (after: string): Promise<void> => {
    const run = await project.run();
    t.is(run.exitCode, 0, after);
    t.is(outcomes(run), ALL_RESTORED, after);
    t.is(run.machines, 0, after);
    t.like(resultOf(run), { outcome: 'succeeded', restored: 7, ran: 0, failed: 0 }, after);
  };

  // The recorder of machines is itself on trial here: a run that needs one must be seen to start one.
  const first = await project.start(['run', '--progress', 'plain']).ended;
  t.is(first.exitCode, 0, first.stderr);
  t.is(first.machines, 1);
  compareTranscript(t, 'node-app', first.stdout);
  t.regex(first.stdout, /^6\/7 +\| listening on 3000$/m, 'what the service said is shown');
  await expectAllRestored('nothing changed');

  project.write('README.md', 'No step reads this.\n');
  project.write('docs/design.md', 'Nor this.\n');
  project.write('docs/new.md', 'Nor a file that was not there.\n');
  await expectAllRestored('files that no step read were edited and added');

  project.write('.env', 'GREETING="Good day."\n');
  const probed = await project.run();
  t.is(
    outcomes(probed),
    'restored restored restored restored restored ran ran',
    'a file that was probed and missed came',
  );
  t.like(stepOf(probed, 6).miss, { reason: 'changed', kind: 'absent', path: '.env' });
  t.regex(outputOf(probed, 7), /Good day\. You asked for \/hello/);

  project.remove('.env');
  await expectAllRestored('.env was removed again');

  const manifest = project.read('package.json');
  project.write('package.json', manifest.replace('A small web server', 'A tiny web server'));
  const installed = await project.run();
  t.is(outcomes(installed), 'restored restored restored ran ran ran ran', 'package.json was edited');
  t.like(stepOf(installed, 4).miss, { reason: 'changed', kind: 'content', path: 'package.json' });
  t.is(installed.machines, 1);
  t.is(typeof stepOf(installed, 4).restoreMs, 'number', 'the first step after a restore says how long that took');

  project.write('package.json', manifest);
  await expectAllRestored('the edit of package.json was undone');

  const forced = await project.run('--force', '7');
  t.is(outcomes(forced), 'restored restored restored restored restored restored ran');
  t.is(stepOf(forced, 7).miss?.reason, 'forced');
  t.regex(outputOf(forced, 7), /Hello\. You asked for \/hello/, 'the server that an earlier run started answers');
  t.deepEqual(project.strayMachines(), []);
});
