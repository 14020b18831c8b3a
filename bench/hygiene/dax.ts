/**
 * What a base image read through DAX would be worth: `node bench/hygiene/dax.ts [--rounds 3]`.
 *
 * A machine has a part of its memory as persistent memory (`memmap=`), with the programs of the image on it. The same steps run from
 * the machine's disk, and from an overlay of that memory (mounted with `dax`, read-only) below the disk; each is saved. Prints what
 * each step took and what was stored of memory, and the sums, beside those of the disk.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { median } from '../median.ts';
import { Lab, type LabMachine, type Saved } from '../snapshot/lab.ts';
import { aligned } from '../snapshot/table.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });

const MIB = 1 << 20;
const MEMORY_MIB = 2048;
/** The upper half of it. */
const AS_PERSISTENT_MEMORY = 'memmap=1G!1G';

/** Its own files, cold: what is copied must not be in the page cache that both ways begin with. */
const SET_UP = `set -e
modprobe nd_e820; modprobe nd_pmem
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

interface Way {
  readonly name: string;
  readonly root: string;
}

const WAYS: readonly Way[] = [
  { name: 'disk', root: '/' },
  { name: 'DAX', root: '/mnt/root' },
];

interface Figures {
  readonly stepMs: number;
  readonly storedMib: number;
}

using lab = new Lab(AS_PERSISTENT_MEMORY);
const prepared = await prepare();
const rounds: Map<Way, readonly Figures[]>[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const figures = new Map<Way, readonly Figures[]>();
  for (const way of round % 2 === 1 ? WAYS : WAYS.toReversed()) {
    console.error(`dax: round ${round} of ${values.rounds}, ${way.name} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
    figures.set(way, await measure(way));
  }
  rounds.push(figures);
}
report();

async function prepare(): Promise<Saved> {
  await using machine = await lab.restore(await lab.base(MEMORY_MIB));
  await machine.run(SET_UP);
  return machine.save({ wholeMemory: true });
}

async function measure({ root }: Way): Promise<readonly Figures[]> {
  await using machine = await lab.restore(prepared);
  const figures: Figures[] = [];
  for (const [, script] of STEPS) figures.push(await step(machine, `chroot ${root} sh -c '${script}'`));
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
  const rows = [['step', ...WAYS.flatMap(({ name }) => [`${name} ms`, `${name} stored MiB`]), 'ms, DAX by disk']];
  const of = (way: Way | undefined, index: number, which: keyof Figures): number =>
    median(rounds.map((round) => (way === undefined ? 0 : (round.get(way)?.[index]?.[which] ?? 0))));
  const [disk, dax] = WAYS;
  for (const [index, [name]] of STEPS.entries()) {
    const numbers = WAYS.flatMap((way) => [of(way, index, 'stepMs'), of(way, index, 'storedMib')]);
    const ratio = of(dax, index, 'stepMs') / of(disk, index, 'stepMs');
    rows.push([name, ...numbers.map((number) => number.toFixed(0)), ratio.toFixed(2)]);
  }
  console.log(aligned(rows));
  const sum = (way: Way | undefined, which: keyof Figures): number =>
    STEPS.reduce((total, _, index) => total + of(way, index, which), 0);
  for (const which of ['stepMs', 'storedMib'] as const)
    console.log(`${which}, all steps, DAX by disk: ${(sum(dax, which) / sum(disk, which)).toFixed(2)}`);
}
