import { LONGEST_CHAIN } from '../../../runner/upkeep/run-upkeep.ts';
import { cutChain } from '../cut-chain.ts';
import { measurePoint, SERIES, writeMemory } from '../measure.ts';
import type { Lab, LabSave, Saved } from '../lab.ts';
import { flatSaveVerdict, type Question, restoreVerdicts, saveVerdict, storedVerdict } from '../question.ts';
import { Samples } from '../samples.ts';
import { settleHost } from '../settle.ts';

/** Among them those after which a chain is as long as upkeep leaves it. */
const LENGTHS = [1, 5, LONGEST_CHAIN - 1, 2 * (LONGEST_CHAIN - 1), 40];
const WRITTEN_MIB = 4;
/** Each step writes memory and disk, partly over what the steps before wrote. */
const step = (number: number): string =>
  `${writeMemory(WRITTEN_MIB, `written-${number % 5}`)}; cp /dev/shm/written-${number % 5} /root/step-${number % 7}; sync`;

/** A build of 40 steps in one machine; states on the way are restored, and go on by one step more, or read their disk. */
export const chainLength: Question = {
  name: 'chain-length',
  title: `Save and restore against steps before (${WRITTEN_MIB} MiB written each, to memory and disk)`,
  xLabel: 'steps before',
  async run(lab, { rounds, peers, onProgress }) {
    const samples = new Samples();
    const states = new Map<number, LabSave>();
    const build: LabSave[] = [];
    const base = await lab.base(512);
    await using machine = await lab.restore(base);
    for (let number = 1; number <= Math.max(...LENGTHS); number++) {
      await machine.run(step(number));
      settleHost(lab.folder);
      const saved = await machine.save();
      build.push(saved);
      samples.add(IN_ONE_BUILD, nearestLength(number), saved.figures.pauseMs);
      if (LENGTHS.includes(number)) states.set(number, saved);
    }
    await machine[Symbol.asyncDispose]();
    for (let round = 1; round <= rounds; round++) {
      for (const [x, before] of states)
        await measurePoint(lab, samples, { x, before, command: step(x + 1) }, peers && round === 1);
      for (const [x, state] of states) await measureReads(lab, samples, x, state);
      for (let more = 1; more < RESTORES; more++)
        for (const [x, state] of states) await measureRestore(lab, samples, SERIES.restore, x, state);
      onProgress(`round ${round} of ${rounds}`);
    }
    const kept = await cutChain(lab, base, build);
    for (let round = 0; round < rounds * RESTORES; round++)
      for (const x of LENGTHS) await measureRestore(lab, samples, KEPT, x, kept[x - 1]);
    return samples;
  },
  verdicts: (samples) => [
    ...restoreVerdicts(samples),
    { what: 'restore where upkeep has been, the slowest median (ms)', measured: most(samples, KEPT), atMost: 120 },
    { what: 'restore where upkeep has been, slowest by fastest', measured: samples.spread(KEPT), atMost: 1.5 },
    saveVerdict(samples),
    storedVerdict(samples),
    flatSaveVerdict(samples),
    { what: `${IN_ONE_BUILD}, slowest by fastest`, measured: samples.spread(IN_ONE_BUILD), atMost: 1.5 },
    {
      what: 'cold reads after one step, by those after the most',
      measured: (samples.median(COLD_READS, 1) ?? NaN) / (samples.median(COLD_READS, Math.max(...LENGTHS)) ?? NaN),
      atLeast: 0.7,
    },
    {
      what: 'memory stored for a step by what it wrote there',
      measured: (samples.median(SERIES.stored, 1) ?? NaN) / (2 * WRITTEN_MIB),
      atMost: 1.5,
    },
  ],
};

/** Of all steps of the build, each at the nearest place. */
const IN_ONE_BUILD = 'save in one build';
const KEPT = 'restore, kept';
/** In each round: where QEMU's own ways are not measured beside it, more costs little. */
const RESTORES = 3;
const COLD_READS = 'cold reads';
/** Blocks of 4 KiB of the image, past every cache of the guest, each a request of its own. */
const READ = 'dd if=/dev/vda of=/dev/null bs=4k count=4000 skip=65536 iflag=direct status=none';

async function measureRestore(
  lab: Lab,
  samples: Samples,
  series: string,
  x: number,
  state: Saved | undefined,
): Promise<void> {
  if (state === undefined) throw new Error(`there are not ${x} steps`);
  settleHost(lab.folder);
  await using machine = await lab.restore(state);
  samples.add(series, x, machine.machine.restoreMs ?? NaN);
}

function nearestLength(number: number): number {
  return LENGTHS.reduce((best, length) => (Math.abs(length - number) < Math.abs(best - number) ? length : best));
}

function most(samples: Samples, series: string): number {
  return Math.max(...samples.line(series).map(([, ms]) => ms));
}

/** Milliseconds by the guest's clock. */
async function measureReads(lab: Lab, samples: Samples, x: number, state: Saved): Promise<void> {
  await using machine = await lab.restore(state);
  const times = await machine.run(`begin=$EPOCHREALTIME; ${READ}; echo "$begin $EPOCHREALTIME"`);
  const [begin = NaN, end = NaN] = times.trim().split(' ').map(Number);
  samples.add(COLD_READS, x, (end - begin) * 1000);
}
