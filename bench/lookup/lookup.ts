/**
 * What a look-up costs, and how that grows: `npm run bench:lookup -- [--counts 100,1000,10000,100000] [--path-sets 3,30] [--runs 7]`.
 *
 * An index holds so many snapshots of a Layerfile of 20 steps, which share so many path sets of 5,000 paths each, over a real
 * folder of 20,000 files (stored-lineages.ts). A plan is made as a new process makes it, with nothing open: with everything
 * valid; with one file edited that a step in the middle has observed; with files edited so that no path set holds. Each is also made a
 * second time, when what the edit changed is remembered. There is no peer: what is compared is one count with another.
 */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import {
  digestObservation,
  LookMemory,
  type Observation,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { type LookupResult, openSnapshotStore } from '../../snapshots/index.ts';
import { median } from '../median.ts';
import { fillAll, type Present, publishAll } from './fill-index.ts';
import { lineages, stepOf, STEPS } from './stored-lineages.ts';

const { values } = parseArgs({
  options: {
    counts: { type: 'string', default: '100,1000,10000,100000' },
    'path-sets': { type: 'string', default: '3,30' },
    runs: { type: 'string', default: '7' },
  },
});
const counts = values.counts.split(',').map(Number);
const runs = Number(values.runs);

const FILES = 20_000;
const PATHS_IN_A_SET = 5000;
const FILES_IN_A_FOLDER = 100;
/** Until what was just changed is settled: looks at younger things are not remembered. */
const SETTLED_MS = 2500;

const scratch = mkdtempSync(join(tmpdir(), 'layer-bench-'));
const root = join(scratch, 'work');
try {
  writeFiles();
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  for (const pathSets of values['path-sets'].split(',').map(Number)) await bench(pathSets);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function bench(pathSets: number): Promise<void> {
  const present = presentSets(pathSets);
  await proveFilling(pathSets, present);
  console.log(`\n${pathSets} path sets of ${PATHS_IN_A_SET} paths; medians of ${runs} plans in ms`);
  console.log('snapshots   all valid   one edited  again   none valid  again   load');
  const homes = counts.map((count) => homeOf(`${pathSets}-${count}`));
  for (const [index, home] of homes.entries()) fillAll(home, lineages(counts[index] ?? 0, pathSets), present);
  const valid = allValid(homes);
  for (const [index, home] of homes.entries()) {
    const times = [valid[index] ?? NaN, ...(await edits(home, pathSets))];
    const cells = [
      String(counts[index]).padEnd(11),
      ...times.map((ms) => ms.toFixed(1).padStart(8)),
      loadavg()[0]?.toFixed(1),
    ];
    console.log(cells.join('  '));
    rmSync(home, { recursive: true });
  }
  const growth = Math.max(...valid) / Math.min(...valid);
  const atMost = (figure: number, limit: number): string => (figure <= limit ? 'kept' : 'MISSED');
  const tenThousand = valid[counts.indexOf(10_000)];
  if (tenThousand !== undefined)
    console.log(`10,000 snapshots, all valid, at most 100 ms: ${atMost(tenThousand, 100)}`);
  console.log(`slowest by fastest, all valid: ${growth.toFixed(2)}, at most 2: ${atMost(growth, 2)}`);
}

/** An index that was filled by SQL gives the plans of one that was published. */
async function proveFilling(pathSets: number, present: Present): Promise<void> {
  const all = lineages(100, pathSets);
  const [published, filled] = [homeOf(`published-${pathSets}`), homeOf(`filled-${pathSets}`)];
  await publishAll(published, all, present);
  fillAll(filled, all, present);
  for (const edited of [[], [editedFile(pathSets)], everySet()]) {
    edit(edited, 'edited');
    const [one, other] = [published, filled].map((home) => JSON.stringify(summaryOf(plan(home).result)));
    edit(edited, '');
    if (one !== other) throw new Error(`Published: ${one}\nfilled: ${other}`);
  }
  console.log(`${pathSets} path sets: an index filled by SQL and a published one give the same plans`);
  for (const home of [published, filled]) rmSync(home, { recursive: true });
}

function summaryOf({ hit, misses }: LookupResult): unknown {
  return { label: hit?.snapshot.label, restored: hit?.restoredSteps, misses };
}

/** They take turns, so that whatever else the machine does meets all of them. */
function allValid(homes: readonly string[]): readonly number[] {
  for (let warmup = 0; warmup < 3; warmup++) for (const home of homes) plan(home, STEPS);
  const durations = homes.map((): number[] => []);
  for (let run = 0; run < runs; run++)
    for (const [index, home] of homes.entries()) durations[index]?.push(plan(home, STEPS).durationMs);
  return durations.map(median);
}

/** After an edit of one file, and of one in every path set: for the first time, and again. */
async function edits(home: string, pathSets: number): Promise<readonly number[]> {
  const results: number[] = [];
  const measure = (steps: number): void =>
    void results.push(median(Array.from({ length: runs }, () => plan(home, steps).durationMs)));
  for (const edited of [[editedFile(pathSets)], everySet()]) {
    const steps = stepsAbove(edited, pathSets);
    const first: number[] = [];
    for (let run = 0; run < 3; run++) {
      edit(edited, `edit ${run}`);
      first.push(plan(home, steps).durationMs);
    }
    results.push(first.sort((one, other) => one - other)[1] ?? NaN);
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    plan(home, steps);
    measure(steps);
    edit(edited, '');
  }
  return results;
}

/** As a new process makes it. Throws where it restores another number of steps than `expected`. */
function plan(home: string, expected?: number): { readonly durationMs: number; readonly result: LookupResult } {
  const started = performance.now();
  using store = openSnapshotStore({ home });
  using digestMemo = openSqliteDigestMemo(join(home, 'digests.sqlite'));
  using memory = new LookMemory({ folder: join(home, 'looks'), name: 'bench.look', root, ahead: null });
  const workspace = openDirectoryWorkspace({ root, digestMemo, memory });
  const steps = Array.from({ length: STEPS }, (_, index) => stepOf(index + 1));
  const result = store.findDeepest({ steps, digest: (observed) => digestObservation(workspace, observed), memory });
  memory.save();
  const restored = result.hit?.restoredSteps ?? 0;
  if (expected !== undefined && restored !== expected) throw new Error(`${restored} steps restored, not ${expected}`);
  return { durationMs: performance.now() - started, result };
}

function homeOf(name: string): string {
  const home = join(scratch, name);
  mkdirSync(home, { mode: 0o700 });
  return home;
}

function writeFiles(): void {
  for (let index = 0; index < FILES; index++) {
    if (index % FILES_IN_A_FOLDER === 0) mkdirSync(join(root, pathOf(index), '..'), { recursive: true });
    writeFileSync(join(root, pathOf(index)), pathOf(index));
  }
}

function edit(indexes: readonly number[], text: string): void {
  for (const index of indexes) {
    writeFileSync(join(root, pathOf(index)), pathOf(index) + text);
    if (text === '') utimesSync(join(root, pathOf(index)), 1_700_000_000, 1_700_000_000);
  }
}

function pathOf(index: number): string {
  const number = String(index).padStart(6, '0');
  return `src/folder-${number.slice(0, 4)}/file-${number}.txt`;
}

/** Windows over all files, each as far from the next as they can be. */
function startOf(pathSet: number, pathSets: number): number {
  return Math.floor((pathSet * (FILES - PATHS_IN_A_SET)) / Math.max(1, pathSets - 1));
}

/** The last file that the path set of step 12 holds. */
function editedFile(pathSets: number): number {
  return startOf(12 % pathSets, pathSets) + PATHS_IN_A_SET - 1;
}

/** How many steps are above the first that has observed one of the files. */
function stepsAbove(files: readonly number[], pathSets: number): number {
  for (let step = 2; step <= STEPS; step++) {
    const start = startOf(step % pathSets, pathSets);
    if (files.some((file) => file >= start && file < start + PATHS_IN_A_SET)) return step - 1;
  }
  return STEPS;
}

function everySet(): readonly number[] {
  return Array.from({ length: FILES / 2500 }, (_, index) => index * 2500 + 1);
}

function presentSets(pathSets: number): Present {
  using digestMemo = openSqliteDigestMemo(join(scratch, 'present.sqlite'));
  const workspace = openDirectoryWorkspace({ root, digestMemo });
  return Array.from({ length: pathSets }, (_, pathSet) =>
    Array.from({ length: PATHS_IN_A_SET }, (__, index): Observation => {
      const path = pathOf(startOf(pathSet, pathSets) + index) as WorkspacePath;
      return { kind: 'content', path, digest: digestObservation(workspace, { kind: 'content', path }) };
    }),
  );
}
