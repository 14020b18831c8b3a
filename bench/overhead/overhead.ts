/**
 * What tracing and snapshots add to a build that runs everything: `npm run bench:overhead -- [--rounds 5]`.
 *
 * The project of examples/node-app is built by `./layer run --no-cache`: the base machine is restored, all else runs, its files
 * are traced and the machine is saved after every step. In turn with it the same commands run in a machine that was restored
 * from the same base, by the same code, with the files unpacked on the guest's own disk, nothing traced and nothing saved
 * (untraced.ts). Both are processes from start to end, another one first in each round; told are medians, for each step and
 * for the whole, and the CPU time with QEMU's in it, which is what is left of the time on a busy machine. Needs a base
 * image, and boots it once. Ends with 1 where the limit is missed.
 */
import { parseArgs } from 'node:util';

import { Project } from '../../test/e2e/project.ts';
import { LAYER } from '../../test/e2e/seed-home.ts';
import { median } from '../median.ts';
import { type ChildTime, timeChild } from './timed-child.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
const LIMIT = 1.15;

/** One build: of each step, how long it took, and what is before the first and after the last of them. */
interface Round extends ChildTime {
  readonly stepMs: ReadonlyMap<number, number>;
}

type Side = 'layer' | 'untraced';
const figures: Readonly<Record<Side, Round[]>> = { layer: [], untraced: [] };

using project = Project.ofExample('node-app');
const UNTRACED = `${import.meta.dirname}/untraced.ts`;
const COMMANDS: Readonly<Record<Side, readonly string[]>> = {
  layer: [LAYER, 'run', '--json', '--no-cache', project.repository],
  untraced: [process.execPath, '--disable-warning=ExperimentalWarning', UNTRACED, project.repository],
};

for (let round = -1; round < rounds; round++) {
  const sides: readonly Side[] = round % 2 === 0 ? ['layer', 'untraced'] : ['untraced', 'layer'];
  for (const side of sides) {
    const built = await buildOnce(side);
    // The first of each finds the host's own caches cold.
    if (round >= 0) figures[side].push(built);
  }
}
report();

async function buildOnce(side: Side): Promise<Round> {
  const stepMs = new Map<number, number>();
  let before = performance.now();
  const place = { folder: project.repository, environment: { LAYER_HOME: project.home } };
  const time = await timeChild(COMMANDS[side], place, (line) => {
    const { event, step } = JSON.parse(line) as { readonly event: string; readonly step?: number };
    if (event !== 'step' || step === undefined) return;
    const now = performance.now();
    stepMs.set(step, now - before);
    before = now;
  });
  stepMs.set(Infinity, performance.now() - before);
  return { ...time, stepMs };
}

function report(): void {
  console.log(`examples/node-app, medians of ${rounds} rounds, in ms; what is before the first step is in it`);
  console.log(row('step', 'layer', 'untraced', 'more'));
  for (const step of figures.layer[0]?.stepMs.keys() ?? []) {
    const [ours, theirs] = (['layer', 'untraced'] as const).map((side) =>
      median(figures[side].map(({ stepMs }) => stepMs.get(step) ?? NaN)),
    );
    console.log(figuresRow(step === Infinity ? 'end' : String(step), ours ?? NaN, theirs ?? NaN));
  }
  const of = (side: Side, key: keyof ChildTime): number => median(figures[side].map((round) => round[key]));
  const [ourCpu, theirCpu] = [of('layer', 'cpuMs'), of('untraced', 'cpuMs')];
  console.log(figuresRow('CPU', ourCpu, theirCpu));
  const [ours, theirs] = [of('layer', 'wallMs'), of('untraced', 'wallMs')];
  console.log(figuresRow('whole', ours, theirs));
  const ratios = figures.layer.map(({ wallMs }, round) => wallMs / (figures.untraced[round]?.wallMs ?? NaN));
  const ratio = ours / theirs;
  console.log(`CPU of layer / untraced: ${(ourCpu / theirCpu).toFixed(2)}`);
  console.log(
    `layer / untraced: ${ratio.toFixed(2)} (by round: ${ratios.map((each) => each.toFixed(2)).join(', ')})   ` +
      `at most ${LIMIT}: ${ratio <= LIMIT ? 'kept' : 'MISSED'}`,
  );
  process.exitCode = ratio <= LIMIT ? 0 : 1;
}

function figuresRow(name: string, ours: number, theirs: number): string {
  return row(name, ours.toFixed(0), theirs.toFixed(0), (ours - theirs).toFixed(0));
}

function row(name: string, ...cells: readonly string[]): string {
  return `${name.padEnd(8)}${cells.map((cell) => cell.padStart(10)).join('')}`;
}
