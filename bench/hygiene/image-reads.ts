/**
 * How the programs of the base image should come to a step: `npm run bench:image-reads -- [--rounds 3]`.
 *
 * - disk: each step reads from the disk what no step before it has read;
 * - DAX: a part of the machine's memory is persistent memory (`memmap=`) with the programs on it; the steps run in an overlay
 *   of that (mounted with `dax`, read-only) below the disk;
 * - read before: all programs were read once, before the first machine was saved.
 *
 * The same steps run in each, and each is saved. Prints what a step took and what was stored of memory, and the sums beside
 * those of the disk; then what the first machine stores, all of which is stored once.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { median } from '../median.ts';
import { Lab, type LabMachine, type LabSave, type Saved } from '../snapshot/lab.ts';
import { aligned } from '../snapshot/table.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });

const MIB = 1 << 20;
const MEMORY_MIB = 2048;
/** In the middle of it: QEMU lays the initial RAM disk at its end. */
const AS_PERSISTENT_MEMORY = 'memmap=1G!512M';
/** Without it the kernel never registers such memory as a device (pcibios_resource_survey). */
const WITH_PCI = ['-machine', 'pcie=on'];

/** Its own files, cold: what is copied must not be in the page cache that both ways begin with. */
const SET_UP = `set -e
modprobe nd_e820; modprobe nd_pmem; until [ -b /dev/pmem0 ]; do sleep 0.1; done
mkfs.ext4 -q -m 0 -O ^has_journal -b 4096 /dev/pmem0
mkdir -p /mnt/image /mnt/upper /mnt/work /mnt/root
mount -o dax=always /dev/pmem0 /mnt/image
mkdir /mnt/image/proc /mnt/image/dev /mnt/image/tmp /mnt/image/root /mnt/image/usr
cp -a /bin /sbin /lib /lib64 /etc /mnt/image
for folder in bin sbin lib lib64 libexec include; do [ ! -e /usr/$folder ] || cp -a /usr/$folder /mnt/image/usr; done
rm -rf /mnt/image/usr/lib/modules
umount /mnt/image
mount -o ro,dax=always /dev/pmem0 /mnt/image
mount -t overlay -o lowerdir=/mnt/image,upperdir=/mnt/upper,workdir=/mnt/work root /mnt/root
mount -t proc proc /mnt/root/proc; mount -t devtmpfs dev /mnt/root/dev
grep ' /mnt/image ' /proc/mounts | grep -q dax=always
sync; echo 3 > /proc/sys/vm/drop_caches`;

const STEPS: readonly (readonly [name: string, script: string])[] = [
  ['nothing', 'true'],
  [
    'compile',
    'mkdir -p /root/c; cd /root/c; for i in 1 2 3; do printf "#include <stdio.h>\\nint f(int x) { return printf(\\"%%d\\", x); }\\n" > $i.c; gcc -O2 -c $i.c; done',
  ],
  ['compile again', 'cd /root/c; for i in 1 2 3; do gcc -O2 -c $i.c; done'],
  ['start perl 20 times', 'for i in $(seq 20); do perl -MPOSIX -e 1; done'],
  ['look at all files', 'find /usr/bin /usr/lib -type f -size +1 | wc -l'],
  ['read 150 MB of files', 'cat /usr/bin/* /usr/lib/x86_64-linux-gnu/*.so* | head -c 150000000 | tail -c 1'],
  ['read them again', 'cat /usr/bin/* /usr/lib/x86_64-linux-gnu/*.so* | head -c 150000000 | tail -c 1'],
];

/** What {@link STEPS} may come to read, and more. */
const READ_ALL = 'cat /usr/bin/* /usr/sbin/* /usr/lib/gcc/*/*/* /usr/lib/x86_64-linux-gnu/*.so* > /dev/null 2>&1; true';

interface Way {
  readonly name: string;
  /** Where its steps run. */
  readonly root: string;
  /** What its first machine did. */
  readonly before: string;
}

const WAYS: readonly Way[] = [
  { name: 'disk', root: '/', before: 'true' },
  { name: 'DAX', root: '/mnt/root', before: 'true' },
  { name: 'read before', root: '/', before: READ_ALL },
];

interface Figures {
  readonly stepMs: number;
  readonly storedMib: number;
}

using lab = new Lab(AS_PERSISTENT_MEMORY, WITH_PCI);
const prepared = await after(await lab.base(MEMORY_MIB), SET_UP);
const starts = new Map<Way, LabSave>();
for (const way of WAYS) starts.set(way, await after(prepared, way.before));
const rounds: Map<Way, readonly Figures[]>[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const figures = new Map<Way, readonly Figures[]>();
  // In turns, and none always first.
  for (const way of [...WAYS.slice(round % WAYS.length), ...WAYS.slice(0, round % WAYS.length)]) {
    console.error(`round ${round + 1} of ${values.rounds}, ${way.name} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
    figures.set(way, await measure(way));
  }
  rounds.push(figures);
}
report();

async function after(start: Saved, script: string): Promise<LabSave> {
  await using machine = await lab.restore(start);
  await machine.run(script);
  return await machine.save({ wholeMemory: true });
}

async function measure(way: Way): Promise<readonly Figures[]> {
  const start = starts.get(way);
  if (start === undefined) return [];
  await using machine = await lab.restore(start);
  const figures: Figures[] = [];
  for (const [, script] of STEPS) figures.push(await step(machine, `chroot ${way.root} sh -c '${script}'`));
  return figures;
}

async function step(machine: LabMachine, command: string): Promise<Figures> {
  const started = performance.now();
  await machine.run(command);
  const stepMs = performance.now() - started;
  const { figures } = await machine.save();
  return { stepMs, storedMib: figures.storedBytes / MIB };
}

function report(): void {
  const of = (way: Way, index: number, which: keyof Figures): number =>
    median(rounds.map((round) => round.get(way)?.[index]?.[which] ?? NaN));
  const rows = [['step', ...WAYS.flatMap(({ name }) => [`${name}, ms`, 'stored MiB'])]];
  for (const [index, [name]] of STEPS.entries())
    rows.push([name, ...WAYS.flatMap((way) => [shown(of(way, index, 'stepMs')), shown(of(way, index, 'storedMib'))])]);
  const sums = WAYS.map((way) => ({
    way,
    stepMs: sum(STEPS.map((_, index) => of(way, index, 'stepMs'))),
    storedMib: sum(STEPS.map((_, index) => of(way, index, 'storedMib'))),
  }));
  rows.push(['all', ...sums.flatMap(({ stepMs, storedMib }) => [shown(stepMs), shown(storedMib)])]);
  console.log(aligned(rows));
  const [disk] = sums;
  if (disk === undefined) return;
  const ratios = sums.map(({ way, stepMs, storedMib }) => [
    way.name,
    (stepMs / disk.stepMs).toFixed(2),
    (storedMib / disk.storedMib).toFixed(2),
    shown((starts.get(way)?.figures.storedBytes ?? NaN) / MIB),
  ]);
  console.log(`\n${aligned([['by disk', 'steps', 'stored by steps', 'first machine, MiB'], ...ratios])}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function shown(number: number): string {
  return number.toFixed(0);
}
