import { measurePoint, writeMemory } from '../measure.ts';
import { flatSaveVerdict, type Question, restoreVerdicts, saveVerdict, storedVerdict } from '../question.ts';
import { Samples } from '../samples.ts';

const SIZES_MIB = [256, 512, 1024, 2048, 4096];

/** The same small step in machines of many sizes, which have hardly touched their memory. */
export const memorySize: Question = {
  name: 'memory-size',
  title: 'Save and restore against memory size (8 MiB written)',
  xLabel: 'memory MiB',
  async run(lab, { rounds, peers, onProgress }) {
    const samples = new Samples();
    for (const x of SIZES_MIB) await lab.base(x);
    for (let round = 1; round <= rounds; round++) {
      for (const x of SIZES_MIB) {
        const point = { x, before: await lab.base(x), command: writeMemory(8) };
        await measurePoint(lab, samples, point, peers && round === 1);
      }
      onProgress(`round ${round} of ${rounds}`);
    }
    return samples;
  },
  verdicts: (samples) => [
    ...restoreVerdicts(samples),
    saveVerdict(samples),
    storedVerdict(samples),
    flatSaveVerdict(samples),
  ],
};
