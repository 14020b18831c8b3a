import test from 'ava';

import { expectWholeHome } from '../crash/whole-home.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, type Run } from './project.ts';
import { MAY_MOUNT, SmallDisk } from './small-disk.ts';
import { untilGone } from './until-gone.ts';

const TITLE = 'a disk that is full ends a run with a clear word or costs its snapshots, and the cache stays whole';
const mountingTest = MAY_MOUNT ? machineTest : test.skip;

mountingTest(MAY_MOUNT ? TITLE : `${TITLE} (skipped: only root may mount a file system)`, async (t) => {
  using project = Project.of({
    Layerfile:
      'FROM vm/debian:12\nCOPY . .\nRUN head -c "$(cat bytes)" /dev/urandom > /root/blob; sync; echo written\n',
    bytes: '1000\n',
  });
  using disk = SmallDisk.under(project.home, 600);
  // Of what upkeep removes on so small a disk, the outcomes below would depend.
  const environment = { LAYER_UPKEEP: 'off' };
  const run = async (): Promise<Run> => project.start(['run', '--json'], undefined, environment).ended;
  const first = await run();
  t.is(outcomes(first), 'restored ran ran', first.stderr);

  project.write('bytes', '900000000\n');
  const tooBig = await run();
  t.is(tooBig.exitCode, 3, tooBig.stdout);
  t.regex(
    tooBig.stderr,
    // The disk file, or on a tmpfs the memory file, of which even a hole that is read takes room.
    /^layer: No space left in .*\n.*\n {2}hint: .*layer prune/m,
    'while the machine writes',
  );
  t.true(await untilGone(() => project.strayMachines()));
  await expectWholeHome(project.home);

  project.write('bytes', '3000\n');
  disk.fillTo(6);
  const unsaved = await run();
  t.is(unsaved.exitCode, 0, unsaved.stderr);
  t.is(outputOf(unsaved, 3), 'written\n');
  t.true(
    unsaved.events.some((event) => event.event === 'warning' && event.text.includes('goes on without snapshots')),
    unsaved.stdout,
  );
  disk.fillTo(0);
  const none = await run();
  t.is(none.exitCode, 3, none.stdout);
  t.regex(none.stderr, /hint: .*layer prune/);
  t.notRegex(none.stderr, /Internal error/);
  disk.empty();
  await expectWholeHome(project.home);

  disk.remount('ro');
  const readOnly = await run();
  t.is(readOnly.exitCode, 3, readOnly.stdout);
  t.regex(readOnly.stderr, /^layer: Cannot use .*\n(.*\n)* {2}hint: .*LAYER_HOME/m);
  disk.remount('rw');

  t.is(outcomes(await run()), 'restored restored ran', 'all is well when there is room again');
  await expectWholeHome(project.home);
});
