/**
 * What a repository of many Layerfiles costs: `npm run bench:monorepo -- [--layerfiles 20,200] [--files 50000] [--rounds 3]
 * [--no-peers] [--machines real|recorded]`.
 *
 * A generated repository, in which Layerfiles go on from each other in four levels (generated-monorepo.ts), is built by Layer, by
 * a loop of `docker build` with BuildKit and by wireit, in three situations: nothing changed; a file edited that one leaf's step
 * reads; one that the step of a base reads. The tools take turns, another one first in each round, so that whatever else
 * the machine does meets all of them; the first, filling build of each is not counted. Turborepo is left out: its program is a
 * binary that npm fetches for each platform, and what it does here wireit does too.
 *
 * Up to 50 Layerfiles are built in real machines. More would take a machine without KVM an hour, so they are recorded as built
 * (recorded-run.ts), and after an edit the plan is measured and not the run. `--machines` decides otherwise.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { openBuildKit } from './buildkit.ts';
import { Figures } from './figures.ts';
import { GeneratedMonorepo } from './generated-monorepo.ts';
import { openLayer, openRecordedLayer } from './layer.ts';
import { figuresTable, limitsTable } from './tables.ts';
import { type OpenTool, type Situation, SITUATIONS, type Tool } from './tool.ts';
import { openWireit } from './wireit.ts';

const { values } = parseArgs({
  options: {
    layerfiles: { type: 'string', default: '20,200' },
    files: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
    'no-peers': { type: 'boolean', default: false },
    machines: { type: 'string' },
  },
});
const files = Number(values.files);
const rounds = Number(values.rounds);

const MOST_IN_MACHINES = 50;
/** Until what was just changed is settled: looks at younger things are not remembered. */
const SETTLED_MS = 2500;

for (const layerfiles of values.layerfiles.split(',').map(Number)) {
  const scratch = mkdtempSync(join(tmpdir(), 'layer-bench-'));
  try {
    await bench(scratch, layerfiles);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bench(scratch: string, layerfiles: number): Promise<void> {
  mkdirSync(join(scratch, 'repository'));
  const repository = new GeneratedMonorepo(join(scratch, 'repository'), { layerfiles, files });
  const isReal = (values.machines ?? (layerfiles <= MOST_IN_MACHINES ? 'real' : 'recorded')) === 'real';
  const read = repository.filesRead * layerfiles;
  console.log(`\n${layerfiles} Layerfiles over ${files} files, ${read} of them read; medians of ${rounds} rounds`);
  console.log(isReal ? 'layer: in real machines' : 'layer: recorded as built, without machines; edits are planned');
  await using cleanup = new AsyncDisposableStack();
  const tools = await openTools(scratch, repository, isReal ? openLayer : openRecordedLayer, cleanup);
  for (const tool of tools) {
    const { durationMs, ran } = await tool.build('nothing changed');
    console.log(`${tool.name}: first build ${(durationMs / 1000).toFixed(1)} s, of ${ran.length} that were not there`);
  }
  const figures = new Figures();
  for (let round = 0; round < rounds; round++) {
    console.error(`round ${round + 1} of ${rounds}`);
    for (const situation of SITUATIONS) await measureTurns(repository, figures, situation, rotated(tools, round));
  }
  const [load = 0] = loadavg();
  const names = tools.map(({ name }) => name);
  console.log(`\n${figuresTable(figures, names)}\n`);
  console.log(limitsTable(figures, repository));
  console.log(`load average ${load.toFixed(1)}`);
}

async function openTools(
  scratch: string,
  repository: GeneratedMonorepo,
  layer: OpenTool,
  cleanup: AsyncDisposableStack,
): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  const wanted = [layer, ...(values['no-peers'] ? [] : [openBuildKit, openWireit])];
  for (const open of wanted) {
    const tool = await open(scratch, repository);
    if (typeof tool === 'string') console.log(`A peer is skipped: ${tool}`);
    else tools.push(cleanup.use(tool));
  }
  return tools;
}

async function measureTurns(
  repository: GeneratedMonorepo,
  figures: Figures,
  situation: Situation,
  tools: readonly Tool[],
): Promise<void> {
  using _edit = edit(repository, situation);
  if (situation === 'nothing changed') {
    await delay(SETTLED_MS);
    for (const tool of tools) await tool.build(situation);
  }
  for (const tool of tools) {
    const built = await tool.build(situation);
    figures.add(tool.name, situation, built);
    console.error(`  ${situation}: ${tool.name} ${(built.durationMs / 1000).toFixed(3)} s`);
  }
}

function edit(repository: GeneratedMonorepo, situation: Situation): Disposable | null {
  if (situation === 'nothing changed') return null;
  return repository.edit(situation === 'leaf edited' ? repository.leaf : repository.base);
}

/** Another tool begins in every round. */
function rotated(tools: readonly Tool[], by: number): readonly Tool[] {
  const start = by % tools.length;
  return [...tools.slice(start), ...tools.slice(0, start)];
}
