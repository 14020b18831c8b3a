import { measurePoint, SERIES, writeMemory } from '../measure.ts';
import { type Question, saveVerdict, storedVerdict } from '../question.ts';
import { Samples } from '../samples.ts';

const MEMORY_MIB = 2048;
const WRITTEN_MIB = [1, 4, 16, 64, 128, 256, 512];

/** Steps that write more and more memory. */
export const dirtyBytes: Question = {
  name: 'dirty-bytes',
  title: 'Save and restore against bytes written (2 GiB machine)',
  xLabel: 'written by the step, MiB',
  async run(lab, { rounds, peers, onProgress }) {
    const samples = new Samples();
    const before = await lab.base(MEMORY_MIB);
    for (let round = 1; round <= rounds; round++) {
      for (const x of WRITTEN_MIB)
        await measurePoint(lab, samples, { x, before, command: writeMemory(x) }, peers && round === 1);
      onProgress(`round ${round} of ${rounds}`);
    }
    return samples;
  },
  verdicts: (samples) => [
    saveVerdict(samples),
    storedVerdict(samples),
    {
      what: 'restore of 64 MiB written (ms)',
      measured: samples.median(SERIES.restore, 64) ?? NaN,
      atMost: 120,
    },
  ],
};
