/**
 * What `layer trace` costs: a command over many small files as it is, and traced.
 *
 *     npm run bench:host-trace -- [--files 5000] [--runs 7]
 *
 * The commands list, stat and read every file. The untraced one finds everything in the page cache; the traced one asks for
 * every name, attribute and content once, as a new mount knows nothing. `layer trace -- true` is what is paid in any case.
 * strace is the peer, where it is installed: it records the same by stopping the command at every system call. All take turns,
 * so that a busy moment of the machine is everybody's; told are medians and ratios.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { median } from '../median.ts';

const LAYER = join(import.meta.dirname, '../../layer');
const FOLDERS = 50;

const COMMANDS = {
  'true (start and end)': 'true',
  'find (list)': 'find . -type f >/dev/null',
  'ls -lR (list and stat)': 'ls -lR >/dev/null',
  'cat (list and read)': 'find . -type f -print0 | xargs -0 cat >/dev/null',
} as const;

const { values } = parseArgs({
  options: { files: { type: 'string', default: '5000' }, runs: { type: 'string', default: '7' } },
});
const files = Number(values.files);
const folder = mkdtempSync(join(tmpdir(), 'layer-bench-trace-'));
const project = join(folder, 'project');
const environment = { ...process.env, LAYER_HOME: join(folder, 'home') };
const hasStrace = spawnSync('strace', ['--version']).status === 0;

try {
  writeFiles();
  console.log(`${files} files of 1 KiB in ${FOLDERS} folders, medians of ${values.runs} runs`);
  for (const [name, script] of Object.entries(COMMANDS)) compare(name, script);
  if (!hasStrace) console.log('strace is not installed: no peer');
} finally {
  rmSync(folder, { recursive: true });
}

function writeFiles(): void {
  for (let index = 0; index < files; index++) {
    const parent = join(project, `folder-${index % FOLDERS}`);
    mkdirSync(parent, { recursive: true });
    writeFileSync(join(parent, `file-${index}`), `${index}\n`.padEnd(1024, 'x'));
  }
}

function compare(name: string, script: string): void {
  const plain: number[] = [];
  const traced: number[] = [];
  const straced: number[] = [];
  // One more for the caches.
  for (let run = 0; run <= Number(values.runs); run++) {
    const times = [
      timeOf('sh', '-c', script),
      timeOf(LAYER, 'trace', '-o', join(folder, 'report'), '--', 'sh', '-c', script),
      hasStrace ? timeOf('strace', '-f', '-qq', '-e', '%file', '-o', join(folder, 'strace'), 'sh', '-c', script) : 0,
    ] as const;
    if (run === 0) continue;
    for (const [index, list] of [plain, traced, straced].entries()) list.push(times[index] ?? NaN);
  }
  const peer = hasStrace ? `, strace ${shown(straced)} (${ratio(straced, plain)})` : '';
  const perFile = ((median(traced) - median(plain)) / files) * 1000;
  console.log(
    `${name.padEnd(23)} untraced ${shown(plain)}, traced ${shown(traced)} (${ratio(traced, plain)}, ${perFile.toFixed(0)} us a file)${peer}`,
  );
}

function timeOf(program: string, ...args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: project, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}

function shown(times: readonly number[]): string {
  return `${median(times).toFixed(0)} ms`;
}

function ratio(times: readonly number[], base: readonly number[]): string {
  return `${(median(times) / median(base)).toFixed(1)} times`;
}
