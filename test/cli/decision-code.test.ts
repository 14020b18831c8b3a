import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import test from 'ava';

import { RecordedProject } from '../../bench/decide/recorded-project.ts';
import { findProgram } from '../../bench/command.ts';

const INSTALLATION = join(import.meta.dirname, '../..');
/** See util/file-identity.ts. */
const FILES_SETTLE_MS = 2200;
const QEMU = findProgram('qemu-system-x86_64');

/**
 * What a decision may load of Node besides what every Node has loaded. Each of the others costs: node:crypto 8 ms of CPU, streams 5 ms,
 * a whole Node 30 ms.
 */
const NEEDED = /^(os|sqlite|vm|internal\/abort_controller|internal\/util\/parse_args\/\w+)$/;

/** Prints, as the process ends, which of Node's own modules it has loaded. */
const TELLING = `process.on('exit', () => {
  const own = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '));
  process._rawDebug('LOADED ' + own.map((name) => name.slice(13)).join(' '));
});`;

const why = QEMU === undefined ? ' (skipped: QEMU is not installed)' : '';

(QEMU === undefined ? test.skip : test)(
  `a run of which nothing changed loads little of Node, and no hashing, streams or child processes${why}`,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'layer-decision-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const project = new RecordedProject(folder, { files: 20, recorded: 20 });
    await project.record();
    const telling = join(folder, 'telling.cjs');
    writeFileSync(telling, TELLING);
    // Puts the bundle together where a source is newer.
    execFileSync(join(INSTALLATION, 'layer'), ['--version']);
    const start = async (...args: readonly string[]) => {
      const environment = { LAYER_HOME: project.home, NODE_COMPILE_CACHE: join(folder, 'compiled') };
      const options = { cwd: project.repository, env: { ...process.env, ...environment } };
      return promisify(execFile)(process.execPath, ['--require', telling, ...args], options);
    };
    const run = [
      '--disable-warning=ExperimentalWarning',
      join(INSTALLATION, 'setup/start.cjs'),
      ...['run', '--accel', 'tcg'],
    ];
    // What was written just now is not remembered: it may be written again within a tick of the file system's clock.
    await delay(FILES_SETTLE_MS);
    await start(...run);
    const [bare, decision] = [await start('--eval', '0'), await start(...run)];
    t.regex(decision.stdout, /^4 restored in /m);
    const known = loadedIn(bare.stderr);
    t.true(known.length > 20);
    t.deepEqual(
      loadedIn(decision.stderr).filter((name) => !known.includes(name) && !NEEDED.test(name)),
      [],
    );
  },
);

function loadedIn(told: string): readonly string[] {
  return /^LOADED (.*)$/m.exec(told)?.[1]?.split(' ') ?? [];
}
