/**
 * What a decision costs: `npm run bench:decide -- [--files 50000] [--recorded 50000] [--runs 15]`.
 *
 * A generated git repository was built, so all is recorded that the build read: by default every file. Then `./layer run`, where
 * all is restored, takes turns with `git status` on the same tree and with the bare start of the same Node: run by run, another
 * one first in each, so that whatever else the machine does meets all of them. Once with nothing changed, once after the times
 * of a hundred recorded files were touched. Nothing is built, and no machine is needed: see recorded-project.ts.
 */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type Command, measure } from '../command.ts';
import { median } from '../median.ts';
import { RecordedProject } from './recorded-project.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '50000' },
    recorded: { type: 'string' },
    runs: { type: 'string', default: '15' },
  },
});
const files = Number(values.files);
const recorded = Number(values.recorded ?? files);
const runs = Number(values.runs);

const LAYER = join(import.meta.dirname, '../../layer');
const TOUCHED_FILES = 100;
/** Until what was just changed is settled: looks at younger things are not remembered. */
const SETTLED_MS = 2500;

const scratch = mkdtempSync(join(tmpdir(), 'layer-bench-'));
try {
  await bench();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const project = new RecordedProject(scratch, { files, recorded });
  const observations = await project.record();
  console.log(`${files} files, ${observations} observations recorded; medians of ${runs} runs`);
  const folder = project.repository;
  const commands = {
    layer: {
      program: LAYER,
      args: ['run', '--accel', 'tcg'],
      folder,
      environment: { LAYER_HOME: project.home, NODE_COMPILE_CACHE: '' },
    },
    git: { program: 'git', args: project.isCommitted ? ['status'] : ['--version'], folder },
    node: { program: process.execPath, args: ['-e', '0'], folder },
  };
  await settle(commands);
  if (!project.isCommitted) console.log('not committed: git status is not measured (the figures of git mean nothing)');
  report('nothing changed', await turns(commands));
  for (let index = 0; index < Math.min(recorded, TOUCHED_FILES); index++)
    utimesSync(project.file(index), 1_700_000_000, 1_700_000_000);
  const first = await measure(commands.layer);
  console.log(`\nfirst run after ${TOUCHED_FILES} recorded files were touched: ${first.durationMs.toFixed(0)} ms`);
  await settle(commands);
  report('after that', await turns(commands));
}

type Name = 'layer' | 'git' | 'node';
type Durations = Readonly<Record<Name, number[]>>;

/** Everything cached that will be: bundle, compiled code, git's index, what is remembered of looks. */
async function settle(commands: Readonly<Record<Name, Command>>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  for (const command of Object.values(commands)) for (let run = 0; run < 3; run++) await measure(command);
}

async function turns(commands: Readonly<Record<Name, Command>>): Promise<Durations> {
  const durations: Durations = { layer: [], git: [], node: [] };
  const names = Object.keys(commands) as Name[];
  for (let run = 0; run < runs; run++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(run + turn) % names.length] ?? 'layer';
      const { durationMs, output } = await measure(commands[name]);
      if (name === 'layer' && !/^4 restored in /m.test(output)) throw new Error(`Something ran:\n${output}`);
      durations[name].push(durationMs);
    }
  }
  return durations;
}

function report(situation: string, durations: Durations): void {
  const layer = median(durations.layer);
  const git = median(durations.git);
  const node = median(durations.node);
  const [one = 0] = loadavg();
  console.log(`\n${situation} (load average ${one.toFixed(1)})`);
  for (const [name, each] of Object.entries(durations))
    console.log(
      `  ${name.padEnd(6)} ${median(each).toFixed(0).padStart(5)} ms   fastest ${Math.min(...each).toFixed(0)} ms`,
    );
  verdict(`layer run / git status`, layer / git, 0.8, recorded >= 50_000);
  verdict(`layer run - node, in ms`, layer - node, 60, recorded <= 6000);
}

function verdict(what: string, figure: number, atMost: number, counts: boolean): void {
  const kept = counts ? `   at most ${atMost}: ${figure <= atMost ? 'kept' : 'MISSED'}` : '';
  console.log(`  ${what}: ${figure.toFixed(2)}${kept}`);
}
