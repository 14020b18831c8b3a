import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

import test from 'ava';

import { findProgram } from '../../bench/command.ts';
import { RecordedProject } from '../../bench/decide/recorded-project.ts';
import { bytesOf, wordsOf } from '../../fs-tracer/aligned-bytes.ts';
import { CHECKSUM_AT, checksumOf } from '../../fs-tracer/look-checksum.ts';
import { INSTALLATION } from '../../util/installation.ts';

/**
 * What ./layer prints without Node (fs-tracer/host/replay.c): each case is a project of its own, of which a run is kept; then one thing
 * is changed, and Node must be asked again, or need not.
 */

/** See util/file-identity.ts. */
const FILES_SETTLE_MS = 2200;
const KEPT_AT = 48;
const QEMU = findProgram('qemu-system-x86_64');
const why = QEMU === undefined ? ' (skipped: QEMU is not installed)' : '';

/** A graph, so that Layerfiles name each other. */
const OTHERS = {
  app: 'FROM ..\nRUN more\n',
  deploy: 'FROM vm/debian:12\nWAIT ../app\nCOPY . .\nSKIP REMAINING IF GIT_BRANCH!=main\nRUN last\n',
};

class Replayed {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-replay-'));
  readonly project = new RecordedProject(this.folder, { files: 3, recorded: 3 });
  readonly bin = join(this.folder, 'bin');
  readonly userHome = join(this.folder, 'user');
  readonly #starts = join(this.folder, 'starts');
  readonly #looked = join(this.folder, 'looked');

  static async record(): Promise<Replayed> {
    const replayed = new Replayed();
    mkdirSync(replayed.bin);
    mkdirSync(replayed.userHome);
    writeFileSync(join(replayed.folder, 'telling.cjs'), TELLING);
    for (const [folder, text] of Object.entries(OTHERS)) {
      mkdirSync(join(replayed.project.repository, folder));
      writeFileSync(join(replayed.project.repository, folder, 'Layerfile'), text);
    }
    await replayed.project.record();
    return replayed;
  }

  /** What it prints; `-C` never changes, and a `plan` builds nothing. */
  run(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): string {
    const given = {
      PATH: `${this.bin}:${process.env['PATH'] ?? ''}`,
      HOME: this.userHome,
      LAYER_HOME: this.project.home,
      NODE_OPTIONS: `--require=${join(this.folder, 'telling.cjs')}`,
      STARTS: this.#starts,
      LOOKED: this.#looked,
    };
    const { stdout, stderr } = spawnSync(join(INSTALLATION, 'layer'), ['plan', '--accel', 'tcg', ...args], {
      cwd: this.project.repository,
      env: { ...given, ...environment },
      encoding: 'utf8',
    });
    return `${stdout}${stderr}`;
  }

  /** How often Node was started. */
  get starts(): number {
    return existsSync(this.#starts) ? statSync(this.#starts).size : 0;
  }

  /** The files that the last Node looked at, of which nothing is of the installation or of Node. */
  get looked(): readonly string[] {
    return [...new Set(readFileSync(this.#looked, 'utf8').split('\n').filter(Boolean))];
  }

  /** The files of what was kept. */
  get replays(): readonly string[] {
    const looks = join(this.project.home, 'looks');
    const names = readdirSync(looks).filter((each) => /^[0-9a-f]{16}\.[0-9a-f]{32}$/.test(each));
    return names.map((name) => join(looks, name));
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Counts each Node, and writes down what it asks the file system. */
const TELLING = `
const fs = require('node:fs');
const append = fs.appendFileSync;
append(process.env.STARTS, '.');
fs.writeFileSync(process.env.LOOKED, '');
for (const name of ['openSync', 'statSync', 'lstatSync', 'existsSync', 'readFileSync', 'readdirSync', 'accessSync', 'realpathSync', 'readlinkSync']) {
  const asked = fs[name];
  fs[name] = Object.assign(function (path, ...rest) {
    if (typeof path === 'string') append(process.env.LOOKED, require('node:path').resolve(path) + '\\n');
    return asked.call(this, path, ...rest);
  }, asked);
}`;

interface Case {
  readonly title: string;
  readonly change?: (replayed: Replayed) => void;
  readonly args?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly says?: RegExp;
  /** Whether its project is of no use to others after that. */
  readonly isLasting?: boolean;
}

const ASKED_AGAIN: readonly Case[] = [
  {
    title: 'a file that was read has other bytes, with the size and the time that it had',
    isLasting: true,
    says: /would run/,
    change: ({ project }) => {
      const file = project.file(1);
      const { atime, mtime } = statSync(file);
      writeFileSync(file, readFileSync(file, 'utf8').toUpperCase());
      utimesSync(file, atime, mtime);
    },
  },
  {
    title: 'a file that was read is another one',
    isLasting: true,
    change: ({ project }) => {
      copyFileSync(project.file(1), `${project.file(1)}.new`);
      renameSync(`${project.file(1)}.new`, project.file(1));
    },
  },
  {
    title: 'a listed folder has one more name',
    isLasting: true,
    change: ({ project }) => writeFileSync(`${project.file(1)}.more`, ''),
  },
  {
    title: 'the Layerfile says something else',
    isLasting: true,
    says: /would run/,
    change: ({ project }) => appendFileSync(join(project.repository, 'Layerfile'), 'RUN more\n'),
  },
  {
    title: 'there is one more Layerfile',
    isLasting: true,
    change: ({ project }) => writeFileSync(join(project.repository, 'src/Layerfile'), 'FROM vm/debian:12\n'),
  },
  {
    title: 'some files are ignored',
    isLasting: true,
    says: /would run/,
    change: ({ project }) => writeFileSync(join(project.repository, '.layerignore'), 'src\n'),
  },
  {
    title: 'git ignores some files by the settings of the user',
    isLasting: true,
    change: ({ userHome }) => writeFileSync(join(userHome, '.gitconfig'), '[core]\n\texcludesFile = /nowhere\n'),
  },
  {
    title: 'the folder is no clone any more',
    isLasting: true,
    says: /leads out of the workspace/,
    change: ({ project }) => renameSync(join(project.repository, '.git'), join(project.repository, 'git')),
  },
  {
    title: 'the branch is another one, and a Layerfile asks for it',
    isLasting: true,
    change: ({ project }) => execFileSync('git', ['checkout', '--quiet', '-b', 'other'], { cwd: project.repository }),
  },
  {
    title: 'a folder with a Layerfile has become a clone of its own',
    isLasting: true,
    says: /leads out of the workspace/,
    change: ({ project }) => writeFileSync(join(project.repository, 'app/.git'), ''),
  },
  {
    title: 'somebody wrote to the index',
    isLasting: true,
    change: ({ project }) => {
      const index = new DatabaseSync(join(project.home, 'index.sqlite'));
      index.exec('UPDATE snapshot SET hits = hits + 1');
      index.close();
    },
  },
  {
    title: 'somebody who is still there wrote to the index',
    isLasting: true,
    change: ({ project }) => {
      const index = new DatabaseSync(join(project.home, 'index.sqlite'));
      index.exec('UPDATE snapshot SET hits = hits + 1');
    },
  },
  {
    title: 'the base image is gone',
    isLasting: true,
    says: /would run/,
    change: ({ project }) => rmSync(join(project.home, 'images/fake/disk.raw')),
  },
  {
    title: 'what is known of the host was forgotten',
    isLasting: true,
    says: /would run/,
    change: ({ project }) => rmSync(join(project.home, 'host.json')),
  },
  {
    title: 'another QEMU would be found',
    isLasting: true,
    says: /would run/,
    change: ({ bin }) => symlinkSync(QEMU ?? '', join(bin, 'qemu-system-x86_64')),
  },
  { title: 'a variable of the environment is another', environment: { LANG: 'C' } },
  { title: 'it is asked for JSON', args: ['--json'] },
  {
    title: 'it is older than ten minutes',
    change: ({ replays }) => {
      for (const replay of replays) {
        const bytes = Buffer.from(new Uint8Array(readFileSync(replay)).buffer);
        bytes.writeDoubleLE(Date.now() - 601_000, KEPT_AT);
        bytesOf(checksumOf(wordsOf(bytes))).copy(bytes, CHECKSUM_AT);
        writeFileSync(replay, bytes);
      }
    },
  },
  {
    title: 'what was kept is damaged',
    change: ({ replays }) => {
      for (const replay of replays) {
        const bytes = readFileSync(replay);
        bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
        writeFileSync(replay, bytes);
      }
    },
  },
  {
    title: 'what was kept was cut short',
    change: ({ replays }) => {
      for (const replay of replays) truncateSync(replay, statSync(replay).size - 16);
    },
  },
];

const NOT_ASKED_AGAIN: readonly Case[] = [
  { title: 'nothing changed' },
  { title: 'the shell has been elsewhere', environment: { OLDPWD: '/elsewhere', SHLVL: '5' } },
  {
    title: 'somebody opened the index and wrote nothing',
    change: ({ project }) => {
      const index = new DatabaseSync(join(project.home, 'index.sqlite'));
      index.prepare('SELECT count(*) FROM snapshot').get();
    },
  },
];

/** Cases that change nothing for good share one. */
const projects = new Map<Case, Replayed>();

test.before(async () => {
  if (QEMU === undefined) return;
  // Puts the bundle together where a source is newer.
  execFileSync(join(INSTALLATION, 'layer'), ['--version']);
  const lasting = await Replayed.record();
  for (const each of [...ASKED_AGAIN, ...NOT_ASKED_AGAIN])
    projects.set(each, each.isLasting === true ? await Replayed.record() : lasting);
  // What was written just now may be written again within a tick of the file system's clock.
  await delay(FILES_SETTLE_MS);
});

test.after.always(() => {
  for (const project of new Set(projects.values())) project.end();
});

const real = QEMU === undefined ? test.skip : test.serial;

for (const each of ASKED_AGAIN) {
  real(`Node decides again where ${each.title}${why}`, async (t) => {
    const project = await kept(each);
    const { starts } = project;
    each.change?.(project);
    t.regex(project.run(each.args, each.environment), each.says ?? /restored/);
    t.is(project.starts, starts + 1);
  });
}

for (const each of NOT_ASKED_AGAIN) {
  real(`the same is printed without Node where ${each.title}${why}`, async (t) => {
    const project = await kept(each);
    const { starts } = project;
    each.change?.(project);
    t.regex(
      project.run(each.args, each.environment),
      /^deploy .*skipped.*\n3 Layerfiles: 3 restored\n11 steps: 10 restored, 1 skipped in \d\.\d+ s.*\n$/,
    );
    t.is(project.starts, starts);
  });
}

/** Files that are read to be faster, to find others, or to tell what another ground tells as well. */
const NO_GROUNDS = /^\/proc\/|^\/dev\/urandom$|\/(looks|parsed|compile-cache)(\/|$)|\/images\/recipes\.json$|^\/sys\//;

real(`every file that a decision asks about is one of its grounds, or was looked at${why}`, (t) => {
  const [each] = NOT_ASKED_AGAIN;
  const project = each === undefined ? undefined : projects.get(each);
  if (project === undefined) throw new Error('There is no project');
  project.run([], { LANG: 'C.UTF-8' });
  const { home, repository } = project.project;
  const grounds = project.replays.map((replay) => readFileSync(replay, 'latin1')).join('');
  const table = readdirSync(join(home, 'looks')).find((name) => name.endsWith('.look')) ?? '';
  const looked = readFileSync(join(home, 'looks', table), 'latin1');
  const isKnown = (path: string): boolean =>
    grounds.includes(`${path}\0`) ||
    looked.includes(`\0${path.replace(`${repository}/`, '')}\0`) ||
    path === repository;
  const unknown = project.looked.filter(
    (path) => !isKnown(path) && !NO_GROUNDS.test(path) && path !== home && !path.startsWith(INSTALLATION),
  );
  t.deepEqual(unknown, []);
  t.true(project.looked.some((path) => path.endsWith('/host.json')));
});

/** The project of a case, of which a run is kept. */
async function kept(each: Case): Promise<Replayed> {
  const project = projects.get(each);
  if (project === undefined) throw new Error('There is no project');
  // A run that notes that snapshots were of use, which it does once a minute, changes the index: of that one nothing is kept.
  for (let attempt = 0; attempt < 10; attempt++) {
    const { starts } = project;
    project.run();
    if (project.starts === starts) return project;
    if (attempt > 0) await delay(FILES_SETTLE_MS);
  }
  throw new Error('nothing was kept');
}
