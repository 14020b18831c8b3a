/**
 * `npm run crash:store -- [--scenario NAME] [--fault NAME] [--sample N] [--seed S]`: SQLite's method. For each scenario of what writes under
 * LAYER_HOME: every write, sync, rename, creation, removal and truncation fails once, in every way, and the process is
 * killed before each; after each the scenario must run, and the home must be whole. `--sample`: N cases at random.
 */
import { parseArgs } from 'node:util';

import { type Case, CrashLab } from './crash-lab.ts';
import { sampleOf } from './sample.ts';
import { scenarioNamed, SCENARIOS } from './scenarios/all.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    fault: { type: 'string', multiple: true },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

const lab = CrashLab.open();
if (lab === null) throw new Error('A C compiler for the C library that Node uses is needed: install gcc and libc6-dev');
const started = performance.now();
let [tried, wrong] = [0, 0];
for (const scenario of values.scenario?.map(scenarioNamed) ?? SCENARIOS) {
  const every = await lab.casesOf(scenario);
  const all = every.filter(({ fault }) => values.fault?.includes(fault.name) ?? true);
  const cases = values.sample === undefined ? all : sampleOf(all, Number(values.sample), Number(values.seed));
  const kinds = new Map<string, number>();
  for (const each of cases) {
    kinds.set(each.fault.name, (kinds.get(each.fault.name) ?? 0) + 1);
    await tryOne(each);
  }
  const counts = [...kinds].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`${scenario.name}: ${cases.length} cases of ${all.length} (${counts})`);
}
console.log(`${tried} cases, ${wrong} wrong, ${Math.round((performance.now() - started) / 1000)} s`);
// An exit ends nothing that `using` would.
lab[Symbol.dispose]();
process.exit(wrong === 0 ? 0 : 1);

async function tryOne(each: Case): Promise<void> {
  const complaint = await lab?.try(each);
  tried++;
  if (complaint === null) return;
  wrong++;
  console.log(`WRONG ${each.scenario.name}, ${each.fault.name} at ${each.fault.at}: ${complaint ?? ''}`);
}
