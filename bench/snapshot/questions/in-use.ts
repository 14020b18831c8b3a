import type { Lab, Saved } from '../lab.ts';
import { measurePoint, writeMemory } from '../measure.ts';
import { peerVerdicts, type Question, storedVerdict } from '../question.ts';
import { Samples } from '../samples.ts';

/** What the machine has in use at FROM, and 2 GiB. */
const [FRESH_MIB, LARGE_MIB] = [85, 2048];

/** The same small step in a machine that was just booted, and in one that has 2 GiB in use. */
export const inUse: Question = {
  name: 'in-use',
  title: 'Save and restore against memory in use (8 MiB written)',
  xLabel: 'memory in use, MiB',
  async run(lab, { rounds, peers, onProgress }) {
    const samples = new Samples();
    const machines = [
      [FRESH_MIB, await lab.base(512)],
      [LARGE_MIB, await filled(lab)],
    ] as const;
    for (let round = 1; round <= rounds; round++) {
      for (const [x, before] of machines)
        await measurePoint(lab, samples, { x, before, command: writeMemory(8) }, peers);
      onProgress(`round ${round} of ${rounds}`);
    }
    return samples;
  },
  verdicts: (samples) => [
    ...peerVerdicts(samples, FRESH_MIB, 4),
    ...peerVerdicts(samples, LARGE_MIB, 20),
    storedVerdict(samples),
  ],
};

/** As background squash leaves it: a base of its own. */
async function filled(lab: Lab): Promise<Saved> {
  await using machine = await lab.restore(await lab.base(3584));
  await machine.run('mount -o remount,size=3g /dev/shm');
  await machine.run(writeMemory(LARGE_MIB - FRESH_MIB, 'filled'));
  return await machine.save({ wholeMemory: true });
}
