import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runLayerfiles } from '../../../runner/run-layerfiles.ts';
import { placeFakeImage } from '../../helpers/fake-image.ts';
import { FakeMachineFactory } from '../../helpers/fake-machine.ts';
import { expect, type Place, type Scenario } from '../scenario.ts';

/** What a whole `layer run` does to a home, with machines that are none. */
interface Project {
  readonly layerfile: string;
  readonly files: Readonly<Record<string, string>>;
}

const COPY: Project = {
  layerfile: 'FROM vm/debian:12\nMEMORY 512M\nCOPY . .\nRUN read\nRUN other\n',
  files: { 'a.txt': 'a', 'b.txt': 'b' },
};

function place(project: Project, { home, work }: Place): void {
  placeFakeImage(home);
  const repository = join(work, 'repository');
  mkdirSync(join(repository, '.git'), { recursive: true });
  writeFileSync(join(repository, 'Layerfile'), project.layerfile);
  for (const [name, text] of Object.entries(project.files)) writeFileSync(join(repository, name), text);
}

/** Runs the project; resolves to the outcomes of its steps. */
async function run({ home, work }: Place): Promise<string> {
  const outcomes: string[] = [];
  const machines = new FakeMachineFactory((command) => ({
    reads: command.includes('read') ? ['0/a.txt'] : command.includes('other') ? ['0/b.txt', '0/absent'] : [],
  }));
  const result = await runLayerfiles({
    paths: ['.'],
    directory: join(work, 'repository'),
    home,
    accelerator: 'tcg',
    noCache: false,
    force: [],
    signal: new AbortController().signal,
    machines,
    emit: (event) => {
      if (event.event === 'step') outcomes.push(event.outcome);
    },
  });
  expect(result.outcome === 'succeeded', `the run succeeds: ${outcomes.join(' ')}`);
  return outcomes.join(' ');
}

async function expectAllRestored(where: Place): Promise<void> {
  const outcomes = await run(where);
  expect(/^restored( restored)*$/.test(outcomes), `all is restored, not ${outcomes}`);
}

const cold: Scenario = {
  name: 'run-cold',
  prepare: (where) => {
    place(COPY, where);
    return Promise.resolve();
  },
  run: (where) => run(where),
  check: expectAllRestored,
};

const edited: Scenario = {
  name: 'run-edited',
  prepare: async (where) => {
    place(COPY, where);
    await run(where);
    writeFileSync(join(where.work, 'repository', 'b.txt'), 'other');
  },
  run: (where) => run(where),
  check: async (where) => {
    await expectAllRestored(where);
    writeFileSync(join(where.work, 'repository', 'b.txt'), 'b');
    await expectAllRestored(where);
  },
};

/** Writes no snapshot: only memos, and what is remembered of a look. */
const unchanged: Scenario = {
  name: 'run-unchanged',
  prepare: async (where) => {
    place(COPY, where);
    await run(where);
  },
  run: expectAllRestored,
  check: expectAllRestored,
};

function git(folder: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', [...who, ...args], { cwd: folder, env, stdio: 'ignore' });
}

const clone: Scenario = {
  name: 'run-clone',
  prepare: (where) => {
    const upstream = join(where.work, 'upstream');
    mkdirSync(upstream);
    git(upstream, 'init', '--quiet');
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(upstream, name), name);
    git(upstream, 'add', '.');
    git(upstream, 'commit', '--quiet', '-m', 'start');
    place({ layerfile: `FROM vm/debian:12\nCLONE file://${upstream} /lib\nRUN read\n`, files: {} }, where);
    return Promise.resolve();
  },
  run: (where) => run(where),
  check: expectAllRestored,
};

export const RUN_SCENARIOS: readonly Scenario[] = [cold, edited, unchanged, clone];
