/**
 * What tracing costs where files are read: `npm run bench:trace -- [--files 8000] [--big 500] [--repository 2000] [--rounds 3]`.
 *
 * One machine is booted. In it each of workloads.ts runs over the same files on the guest's own ext4 disk, in the traced
 * file system as it is mounted and as COPY shows it (with an overlay over it), and through sshfs: cold (the guest has cached nothing; the host has, all of it), then warm. The
 * sides take turns, the first to go changes from round to round, and each round reads other files through the tracer, so that
 * its first look is measured every time. Prints medians, ratios to ext4, and requests to the host for each file.
 */
import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { median } from '../median.ts';
import { BenchGuest } from './guest.ts';
import { ninepObstacle, openDisk, openSshfs, openTraced, type Side } from './sides.ts';
import { writeBigFile, writeRepository, writeSmallFiles } from './trees.ts';
import { type Workload, WORKLOADS } from './workloads.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '8000' },
    big: { type: 'string', default: '500' },
    repository: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
  },
});
const counts = { small: Number(values.files), repository: Number(values.repository) };
const rounds = Number(values.rounds);
/** The big file has to fit into the guest's cache, or it would never be warm. */
const MEMORY_MIB = 1024 + Number(values.big);
/** Issue 4, acceptance: of the workloads named there. */
const LIMITS = { cold: 1.5, warm: 1.1 } as const;
const LIMITED = new Set(['tar of small files', 'one big file']);

interface Figure {
  readonly coldMs: number;
  readonly warmMs: number;
  /** Requests of the cold run. */
  readonly requests: number | null;
}

const figures = new Map<string, Figure[]>();

await using guest = await BenchGuest.boot(MEMORY_MIB);
const trees = join(guest.folder, 'trees');
for (let round = 0; round <= 2 * rounds; round++) writeTrees(join(trees, String(round)));
const { mount, copied } = await openTraced(guest, trees, rounds);
const sides: Side[] = [await openDisk(guest), mount, copied];
const sshfs = await openSshfs(guest, trees);
if (typeof sshfs === 'string') console.log(`sshfs is not measured: ${sshfs}`);
else sides.push(sshfs);
console.log(
  `virtio-9p is not measured: ${(await ninepObstacle(guest)) ?? 'a mounted export blocks the saving of a machine'}`,
);
for (let round = 1; round <= rounds; round++) {
  for (const workload of WORKLOADS) {
    const first = round % sides.length;
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) await measure(side, workload, round);
  }
  console.log(`round ${round} of ${rounds} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
}
for (const workload of WORKLOADS) report(workload);

function writeTrees(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeSmallFiles(folder, counts.small);
  writeBigFile(folder, Number(values.big));
  writeRepository(folder, counts.repository);
}

async function measure(side: Side, workload: Workload, round: number): Promise<void> {
  await guest.forgetCaches();
  const before = side.requests();
  const coldMs = await guest.time(side.folder(round), workload.command);
  const after = side.requests();
  const warmMs = await guest.time(side.folder(round), workload.command);
  const key = `${workload.name}\0${side.name}`;
  const requests = before === null || after === null ? null : after - before;
  figures.set(key, [...(figures.get(key) ?? []), { coldMs, warmMs, requests }]);
}

function report(workload: Workload): void {
  const own = figures.get(`${workload.name}\0ext4`) ?? [];
  console.log(`\n${workload.name}`);
  for (const side of sides) {
    const of = figures.get(`${workload.name}\0${side.name}`) ?? [];
    const cold = ratio(of, own, 'coldMs');
    const warm = ratio(of, own, 'warmMs');
    console.log(
      `  ${side.name.padEnd(7)} cold ${time(of, 'coldMs')} ${cold.toFixed(2).padStart(6)} x   ` +
        `warm ${time(of, 'warmMs')} ${warm.toFixed(2).padStart(6)} x   ${requestsText(workload, of)}`.trimEnd(),
    );
    if ((side === mount || side === copied) && LIMITED.has(workload.name))
      console.log(`          ${verdict('cold', cold)}, ${verdict('warm', warm)}`);
  }
}

function verdict(which: 'cold' | 'warm', measured: number): string {
  return `${which} at most ${LIMITS[which]}: ${measured <= LIMITS[which] ? 'kept' : 'MISSED'}`;
}

function requestsText(workload: Workload, of: readonly Figure[]): string {
  const requests = median(of.flatMap((figure) => figure.requests ?? []));
  if (Number.isNaN(requests)) return '';
  return workload.files === null
    ? `${requests} requests`
    : `${(requests / counts[workload.files]).toFixed(2)} requests a file`;
}

function ratio(of: readonly Figure[], own: readonly Figure[], which: 'coldMs' | 'warmMs'): number {
  return median(of.map((figure) => figure[which])) / median(own.map((figure) => figure[which]));
}

function time(of: readonly Figure[], which: 'coldMs' | 'warmMs'): string {
  return `${(median(of.map((figure) => figure[which])) / 1000).toFixed(2).padStart(7)} s`;
}
