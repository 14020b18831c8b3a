/**
 * What saving and restoring a machine costs, and what it does not depend on:
 *
 *     npm run bench:snapshot -- [--only memory-size,dirty-bytes,in-use,chain-length,disk-content] [--rounds 3] [--no-peers]
 *                               [--full] [--plots FOLDER]
 *
 * Each question varies one thing. At each place a machine is restored, does a step, is saved and restored again; beside it
 * QEMU's own savevm, loadvm and migration to a file, of the same state. Places take turns, so that a slow minute of the
 * host falls on all of them. Prints medians, ratios, and what was aimed at with "kept" or "MISSED"; draws a plot a
 * question. Times are milliseconds: a save is from `stop` to `cont`, a restore from starting QEMU to `cont`; "ready" counts
 * in the new disk file and the helper's answer (entropy, clock). QEMU's own ways are timed twice: from starting a QEMU to
 * `cont`, as a restore is, and "in place", in one that is there. Beside the latter stands a restore less a bare start: what it
 * takes to start the same QEMU with nothing to be loaded.
 */
import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Lab } from './lab.ts';
import { SERIES, TIMES } from './measure.ts';
import { writePlot } from './plot.ts';
import { type Question, verdictText } from './question.ts';
import { chainLength } from './questions/chain-length.ts';
import { dirtyBytes } from './questions/dirty-bytes.ts';
import { diskContent } from './questions/disk-content.ts';
import { inUse } from './questions/in-use.ts';
import { memorySize } from './questions/memory-size.ts';
import type { Samples } from './samples.ts';
import { ratioTable, samplesTable } from './table.ts';

const QUESTIONS: readonly Question[] = [memorySize, dirtyBytes, inUse, chainLength, diskContent];
const RATIOS = [
  [SERIES.save, SERIES.savevm],
  [SERIES.save, SERIES.migrateOut],
  [SERIES.restore, SERIES.loadvm],
  [SERIES.restore, SERIES.migrateIn],
  [SERIES.restoreInPlace, SERIES.loadvmInPlace],
  [SERIES.restoreInPlace, SERIES.migrateInPlace],
  [SERIES.save, 'docker commit, overlay2'],
  [SERIES.save, 'docker commit, vfs'],
] as const;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: true },
    full: { type: 'boolean', default: false },
    plots: { type: 'string', default: 'bench-plots' },
  },
});
const only = values.only?.split(',');
const wanted = QUESTIONS.filter(({ name }) => only?.includes(name) ?? true);
if (wanted.length === 0) throw new Error(`--only takes ${QUESTIONS.map(({ name }) => name).join(', ')}`);

mkdirSync(values.plots, { recursive: true });
for (const question of wanted) {
  using lab = new Lab();
  const { rounds, full, peers } = values;
  const onProgress = (text: string): void =>
    console.log(`${question.name}: ${text} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
  report(question, await question.run(lab, { rounds: Number(rounds), full, peers, onProgress }));
}

function report(question: Question, samples: Samples): void {
  const { name, title, xLabel } = question;
  console.log(`\n${title}\n\n${samplesTable(samples, xLabel, samples.series)}`);
  const ratios = ratioTable(samples, xLabel, RATIOS);
  if (ratios !== '') console.log(`\n${ratios}`);
  console.log('');
  for (const verdict of question.verdicts(samples)) console.log(verdictText(verdict));
  const plot = join(values.plots, `${name}.png`);
  writePlot(plot, samples, [...TIMES, ...samples.series.filter((series) => series.startsWith('docker'))], {
    title,
    x: xLabel,
    y: 'ms',
  });
  console.log(`${plot}\n`);
}
