/**
 * `npm run crash:corrupt -- [--flips N] [--seed S] [--sample N] [--machines] [--files TEXT]`: removes, empties, cuts off, extends and flips N bits of every
 * file that a run leaves in a LAYER_HOME, one at a time; after each the next run must give what it would have given, with no word
 * of a bug. `--machines`: of real ones, which takes seconds for each; no guest may run on what is damaged. `--sample`: N of them. `--files`: only
 * those whose path has TEXT in it.
 */
import { parseArgs } from 'node:util';

import { DamagedHome } from './damaged-home.ts';
import { DamagedMachines } from './damaged-machines.ts';
import { randomFrom, sampleOf } from './sample.ts';

const { values } = parseArgs({
  options: {
    flips: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    sample: { type: 'string' },
    machines: { type: 'boolean', default: false },
    files: { type: 'string', default: '' },
  },
});

const home = values.machines ? new DamagedMachines() : new DamagedHome();
await home.prepare();
const kinds = new Map<string, number>();
let wrong = 0;
const every = home.damages(Number(values.flips), randomFrom(Number(values.seed)));
const all = every.filter(({ file }) => file.includes(values.files));
for (const damage of sampleOf(all, Number(values.sample ?? all.length), Number(values.seed))) {
  const kind = damage.file.replaceAll(/[0-9a-f]{14,}/g, 'ID');
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const complaint = await home.try(damage);
  if (complaint === null) continue;
  wrong++;
  console.log(`WRONG ${damage.file}, ${damage.what}: ${complaint}`);
}
for (const [kind, count] of kinds) console.log(`${kind}: ${count}`);
const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
console.log(`${total} damages of ${all.length}, ${wrong} wrong`);
// An exit ends nothing that `using` would.
home[Symbol.dispose]();
process.exit(wrong === 0 ? 0 : 1);
