/**
 * How long it takes to say what is wrong with a Layerfile.
 *
 *     npm run bench:check -- [--runs 15]
 *
 * First the parser alone: a file of 10,000 lines, in one process, cold and warm. Then the command, as a user starts it,
 * beside a Node that does nothing: a typical file that was checked before, and one that never was. The programs take turns,
 * so that a busy moment of the machine is everybody's; told are medians. Ends with 1 where a goal is missed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { parseLayerfile } from '../../grammar/index.ts';
import { median } from '../median.ts';
import { longLayerfile, typicalLayerfile } from './layerfiles.ts';

const LAYER = join(import.meta.dirname, '../../layer');
const LINES = 10_000;
const GOALS = { parseMs: 500, ratio: 2 };

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);

const parsing = await timesOfParsing();
const coldCpuMs = parsing[0]?.cpuMs ?? Infinity;
const wallMs = parsing.map((time) => time.wallMs);
console.log(
  `${LINES} lines parsed and validated: ${wallMs[0]?.toFixed(0) ?? '?'} ms the first time (${coldCpuMs.toFixed(0)} ms of CPU), ` +
    `${median(wallMs).toFixed(0)} ms median of ${wallMs.length}`,
);

const folder = mkdtempSync(join(tmpdir(), 'layer-bench-check-'));
const { node, again, first } = timesOfCommands();
rmSync(folder, { recursive: true });
const ratio = median(again) / median(node);
console.log(`node -e 0: ${median(node).toFixed(0)} ms, median of ${runs}`);
console.log(`layer check, a file checked before: ${median(again).toFixed(0)} ms, ${ratio.toFixed(2)} times`);
console.log(
  `layer check, a file never checked: ${median(first).toFixed(0)} ms, ${(median(first) / median(node)).toFixed(2)} times`,
);

const missed = [
  ...(coldCpuMs > GOALS.parseMs ? [`parsing ${LINES} lines took more than ${GOALS.parseMs} ms`] : []),
  ...(ratio > GOALS.ratio ? [`layer check took more than ${GOALS.ratio} times Node's start`] : []),
];
for (const goal of missed) console.log(`missed: ${goal}`);
process.exitCode = missed.length === 0 ? 0 : 1;

interface ParseTime {
  readonly wallMs: number;
  /** Of this process: what is left of the time on a busy machine. The goal is held against it. */
  readonly cpuMs: number;
}

/** The first one finds the parser loaded and nothing compiled. */
async function timesOfParsing(): Promise<readonly ParseTime[]> {
  const source = longLayerfile(LINES);
  await parseLayerfile('', 'Layerfile');
  const times: ParseTime[] = [];
  for (let run = 0; run < 5; run += 1) {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const { diagnostics } = await parseLayerfile(source, 'Layerfile');
    const { user, system } = process.cpuUsage(cpu);
    times.push({ wallMs: performance.now() - began, cpuMs: (user + system) / 1000 });
    if (diagnostics.length > 0) throw new Error(`the long file has findings: ${JSON.stringify(diagnostics[0])}`);
  }
  return times;
}

interface CommandTimes {
  readonly node: readonly number[];
  readonly again: readonly number[];
  readonly first: readonly number[];
}

function timesOfCommands(): CommandTimes {
  const times = { node: [] as number[], again: [] as number[], first: [] as number[] };
  const [old, fresh] = [join(folder, 'old.Layerfile'), join(folder, 'fresh.Layerfile')];
  writeFileSync(old, typicalLayerfile(0));
  spawn(LAYER, 'check', old);
  for (let run = 1; run <= runs; run += 1) {
    writeFileSync(fresh, typicalLayerfile(run));
    times.node.push(spawn(process.execPath, '-e', '0'));
    times.again.push(spawn(LAYER, 'check', old));
    times.first.push(spawn(LAYER, 'check', fresh));
  }
  return times;
}

/** Runs a program to its end, which must be a good one, and gives how long that took. */
function spawn(program: string, ...args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LAYER_HOME: join(folder, 'home') },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}
