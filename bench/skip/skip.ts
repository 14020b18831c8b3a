/**
 * What skipping costs: `npm run bench:skip -- [--files 50000] [--runs 5] [--without buildah]`.
 *
 * A generated repository is built by Layer, by `docker build` with BuildKit and by buildah, in three situations: nothing
 * changed; a file that no step reads edited; a file that the last step reads edited. The tools take turns, run by run, so
 * that whatever else the machine does meets all of them; the first, filling build of each is not counted. Everything
 * lies in one temporary folder, and is gone afterwards. Debian's packages for the peers: docker.io buildah busybox-static.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { openBuildah } from './buildah.ts';
import { openBuildKit } from './buildkit.ts';
import { Figures, type Situation, SITUATIONS } from './figures.ts';
import { openLayer } from './layer.ts';
import { Repository } from './repository.ts';
import { figuresTable, limitsTable } from './table.ts';
import type { Tool } from './tool.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '5' },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const files = wholeNumber('--files', values.files, 4);
const runs = wholeNumber('--runs', values.runs, 1);

const scratch = mkdtempSync(join(tmpdir(), 'layer-bench-'));
try {
  await bench();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const tools = await openTools(cleanup);
  mkdirSync(join(scratch, 'repository'));
  const repository = new Repository(join(scratch, 'repository'), files);
  console.log(`${files} files, ${repository.read.length + 2} of them read; medians of ${runs} runs`);
  for (const tool of tools) {
    const { durationMs } = await tool.build(repository);
    console.log(`${tool.name}: first build ${(durationMs / 1000).toFixed(1)} s`);
  }
  const figures = new Figures();
  for (let run = 0; run < runs; run++) {
    console.error(`run ${run + 1} of ${runs}`);
    await measureRound(repository, figures, rotated(tools, run));
  }
  console.log(
    `\n${figuresTable(
      figures,
      tools.map(({ name }) => name),
    )}`,
  );
  const limits = limitsTable(figures, files);
  if (limits !== '') console.log(`\n${limits}`);
}

async function openTools(cleanup: AsyncDisposableStack): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  for (const [name, open] of [
    ['layer', openLayer],
    ['buildkit', openBuildKit],
    ['buildah', openBuildah],
  ] as const) {
    const tool = values.without.includes(name) ? 'not wanted' : await open(scratch);
    if (typeof tool === 'string') console.log(`${name} is skipped: ${tool}`);
    else tools.push(cleanup.use(tool));
  }
  return tools;
}

async function measureRound(repository: Repository, figures: Figures, tools: readonly Tool[]): Promise<void> {
  for (const situation of SITUATIONS) {
    prepare(repository, situation);
    for (const tool of tools) figures.add(tool.name, situation, await tool.build(repository));
  }
}

function prepare(repository: Repository, situation: Situation): void {
  if (situation === 'unread file edited') repository.edit(repository.unread);
  if (situation === 'read file edited') repository.edit(repository.read[0] ?? repository.unread);
}

/** Another tool begins in every run. */
function rotated(tools: readonly Tool[], by: number): readonly Tool[] {
  const start = by % tools.length;
  return [...tools.slice(start), ...tools.slice(0, start)];
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  console.error(`${flag} is \`${text}\`: not a whole number from ${least}`);
  process.exit(2);
}
