/**
 * Which qcow2 options a machine's disk files should have: `npm run bench:disk -- [--rounds 5] [--reads 20000]`.
 *
 * For each set of options there is a chain of disk files over a raw image, each with the writes of a small step: some
 * scattered blocks of 4 KiB and one longer stretch. Measured through chains of 1, 8 and 25 files: blocks of 4 KiB read all
 * over the disk and written to a new file (`qemu-img bench`, in the host's page cache), and what that small step stores. Sets
 * take turns. Prints medians.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { median } from '../median.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, reads: { type: 'string', default: '20000' } },
});

let seed = 1;
const [KIB, MIB, GIB] = [1 << 10, 1 << 20, 1 << 30];
const DISK_BYTES = 16 * GIB;
/** What a machine uses of its disk: the rest was never written. */
const USED_BYTES = GIB;
const LENGTHS = [1, 8, 25];
const SCATTERED_BLOCKS = 40;

const OPTION_SETS = [
  'cluster_size=4k',
  'cluster_size=16k',
  'cluster_size=64k',
  'cluster_size=64k,extended_l2=on',
  'cluster_size=128k,extended_l2=on',
  'cluster_size=256k',
];

interface Chain {
  readonly options: string;
  readonly files: readonly string[];
}

/** Of one request of 4 KiB; the processor time is what a busy host does not change. */
interface Request {
  readonly microseconds: number;
  readonly cpuMicroseconds: number;
}

interface Figures {
  readonly reads: Request[];
  readonly writes: Request[];
}

const folder = mkdtempSync(join(tmpdir(), 'layer-bench-'));
try {
  const image = makeImage();
  const chains = OPTION_SETS.map((options, index) => makeChain(options, index, image));
  const figures = new Map<string, Figures>();
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const length of LENGTHS) for (const chain of chains) measure(chain, length, figures);
    console.log(`round ${round} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
  }
  report(chains, figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeImage(): string {
  const image = join(folder, 'image.raw');
  writeFileSync(image, '');
  truncateSync(image, DISK_BYTES);
  execFileSync('qemu-io', ['-f', 'raw', '-c', `write -P 7 0 ${USED_BYTES}`, image], { stdio: 'ignore' });
  return image;
}

function makeChain(options: string, index: number, image: string): Chain {
  const files: string[] = [];
  for (let number = 1; number <= Math.max(...LENGTHS); number++) {
    const file = join(folder, `${index}-${number}.qcow2`);
    create(file, files.at(-1) ?? image, files.length === 0 ? 'raw' : 'qcow2', options);
    writeStep(file, number);
    files.push(file);
  }
  return { options, files };
}

function create(file: string, backing: string, format: string, options: string): void {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, '-b', backing, '-F', format, file]);
}

function writeStep(file: string, number: number): void {
  const blocks = Array.from({ length: SCATTERED_BLOCKS }, () => Math.floor((random() * USED_BYTES) / 4096) * 4);
  const scattered = blocks.flatMap((block) => ['-c', `write -P ${number} ${block}k 4k`]);
  const stretch = Math.floor((random() * USED_BYTES) / MIB);
  execFileSync('qemu-io', [...scattered, '-c', `write -P ${number} ${stretch}M 256k`, file], { stdio: 'ignore' });
}

function measure(chain: Chain, length: number, all: Map<string, Figures>): void {
  const top = chain.files[length - 1] ?? '';
  const key = `${chain.options} ${length}`;
  const figures = all.get(key) ?? { reads: [], writes: [] };
  all.set(key, figures);
  figures.reads.push(bench(top, Number(values.reads), []));
  const scratch = join(folder, 'scratch.qcow2');
  create(scratch, top, 'qcow2', chain.options);
  figures.writes.push(bench(scratch, Number(values.reads) / 20, ['-w']));
  rmSync(scratch);
}

/**
 * What a request took. The step is a prime number of blocks, so that neighbours are far apart; the bench goes round at the
 * end of the disk, and only a part of that was ever written.
 */
function bench(file: string, count: number, extra: readonly string[]): Request {
  const cache = ['-f', 'qcow2', '-t', 'writeback'];
  const requests = ['-c', String(count), '-d', '8', '-s', '4096', '-S', String(4099 * 4096)];
  const timed = ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@" 2>&1', 'bash', 'qemu-img', 'bench', ...cache, ...requests];
  const { stdout, stderr } = spawnSync('bash', [...timed, ...extra, file], { encoding: 'utf8' });
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  const seconds = Number(/completed in ([\d.]+) seconds/.exec(stdout)?.[1]);
  return { microseconds: (seconds / count) * 1e6, cpuMicroseconds: ((Number(user) + Number(system)) / count) * 1e6 };
}

function report(chains: readonly Chain[], figures: ReadonlyMap<string, Figures>): void {
  const columns = (['reads', 'writes'] as const).flatMap((which) => LENGTHS.map((length) => [which, length] as const));
  console.log('\nMicroseconds of a request of 4 KiB: all, and processor time\n');
  const heads = columns.map(([which, length]) => `${which}, ${length}`.padStart(13));
  console.log(`${'options'.padEnd(36)}${heads.join('')}   a step stores`);
  for (const { options, files } of chains) {
    const cells = columns.map(([which, length]) => {
      const requests = figures.get(`${options} ${length}`)?.[which] ?? [];
      const all = median(requests.map(({ microseconds }) => microseconds));
      const cpu = median(requests.map(({ cpuMicroseconds }) => cpuMicroseconds));
      return `${all.toFixed(0)} (${cpu.toFixed(0)})`.padStart(13);
    });
    const stored = median(files.map((file) => statSync(file).blocks * 512)) / KIB;
    console.log(`${options.padEnd(36)}${cells.join('')}${stored.toFixed(0).padStart(9)} KiB`);
  }
}

/** The same numbers in each run (mulberry32). */
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
