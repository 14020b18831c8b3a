import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { expectWholeHome } from '../crash/whole-home.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project, type Run } from './project.ts';
import { untilGone } from './until-gone.ts';

const MIB = 1 << 20;

/** A LAYER_HOME on a disk of its own, of `mib` MiB. Only root may mount one. */
class SmallHome implements Disposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static mount(project: Project, mib: number): SmallHome {
    const path = `${project.home}-small`;
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', path]);
    execFileSync('cp', ['-a', '--sparse=always', `${project.home}/.`, path]);
    return new SmallHome(path);
  }

  /** Leaves this many MiB free. */
  fillTo(freeMib: number): void {
    const free = Number(execFileSync('df', ['--output=avail', '-B1', this.path], { encoding: 'utf8' }).split('\n')[1]);
    writeFileSync(join(this.path, 'filler'), Buffer.alloc(Math.max(0, free - freeMib * MIB), 1), { flag: 'a' });
  }

  empty(): void {
    rmSync(join(this.path, 'filler'), { force: true });
  }

  remount(option: 'ro' | 'rw'): void {
    execFileSync('mount', ['-o', `remount,${option}`, this.path]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path]);
  }
}

const TITLE = 'a disk that is full ends a run with a clear word or costs its snapshots, and the cache stays whole';
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
const mountingTest = mayMount ? machineTest : test.skip;

mountingTest(mayMount ? TITLE : `${TITLE} (skipped: only root may mount a file system)`, async (t) => {
  using project = Project.of({
    Layerfile:
      'FROM vm/debian:12\nCOPY . .\nRUN head -c "$(cat bytes)" /dev/urandom > /root/blob; sync; echo written\n',
    bytes: '1000\n',
  });
  using home = SmallHome.mount(project, 600);
  // Of what upkeep removes on so small a disk, the outcomes below would depend.
  const environment = { LAYER_HOME: home.path, LAYER_UPKEEP: 'off' };
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
  await expectWholeHome(home.path);

  project.write('bytes', '3000\n');
  home.fillTo(6);
  const unsaved = await run();
  t.is(unsaved.exitCode, 0, unsaved.stderr);
  t.is(outputOf(unsaved, 3), 'written\n');
  t.true(
    unsaved.events.some((event) => event.event === 'warning' && event.text.includes('goes on without snapshots')),
    unsaved.stdout,
  );
  home.fillTo(0);
  const none = await run();
  t.is(none.exitCode, 3, none.stdout);
  t.regex(none.stderr, /hint: .*layer prune/);
  t.notRegex(none.stderr, /Internal error/);
  home.empty();
  await expectWholeHome(home.path);

  home.remount('ro');
  const readOnly = await run();
  t.is(readOnly.exitCode, 3, readOnly.stdout);
  t.regex(readOnly.stderr, /^layer: Cannot use .*\n(.*\n)* {2}hint: .*LAYER_HOME/m);
  home.remount('rw');

  t.is(outcomes(await run()), 'restored restored ran', 'all is well when there is room again');
  await expectWholeHome(home.path);
});
