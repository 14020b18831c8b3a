/**
 * What keeps rubbish out of saved memory, and at what price: `npm run bench:hygiene -- [--rounds 1]`.
 *
 * The guest's kernel clears pages as they are freed (`init_on_free=1`) or not, and clean caches are dropped before each save
 * or not. Under each of the four, one machine does the same steps and is saved after each: prints what the step took, what
 * dropping took, the save, and how much memory was stored; then the sums beside those of doing neither.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { Lab } from '../snapshot/lab.ts';
import { aligned } from '../snapshot/table.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } });

/** Machines clear what is freed unless they are told otherwise. */
const NOT_CLEARED = 'init_on_free=0';
const MIB = 1 << 20;
const MEMORY_MIB = 768;
const DROP_CACHES = 'echo 1 > /proc/sys/vm/drop_caches';

const STEPS: readonly (readonly [name: string, command: string])[] = [
  ['nothing', 'true'],
  [
    'compile',
    'mkdir -p /root/c; cd /root/c; for i in 1 2 3; do printf "#include <stdio.h>\\nint f(int x) { return printf(\\"%%d\\", x); }\\n" > $i.c; gcc -O2 -c $i.c; done; sync',
  ],
  ['read 150 MB of files', 'cat /usr/bin/* /usr/lib/x86_64-linux-gnu/*.so* | head -c 150000000 | tail -c 1'],
  ['use and free 150 MiB', `perl -e '$text = "abcdefgh" x (150 * 131072); print length $text'`],
  ['write and delete 60 MB', 'head -c 60000000 /dev/urandom > /root/large; sync; rm /root/large; sync'],
  ['nothing', 'true'],
];

interface Way {
  readonly kernelArguments: string;
  readonly drop: boolean;
}

const WAYS: readonly Way[] = [NOT_CLEARED, 'init_on_free=1'].flatMap((kernelArguments) =>
  [false, true].map((drop) => ({ kernelArguments, drop })),
);

interface Sums {
  stepMs: number;
  dropMs: number;
  pauseMs: number;
  storedMib: number;
}

const sums = new Map<Way, Sums>(WAYS.map((way) => [way, { stepMs: 0, dropMs: 0, pauseMs: 0, storedMib: 0 }]));
for (let round = 1; round <= Number(values.rounds); round++) for (const way of WAYS) await measure(way, sums.get(way));
report();

async function measure(way: Way, sum: Sums | undefined): Promise<void> {
  if (sum === undefined) return;
  using lab = new Lab(way.kernelArguments);
  console.log(`\n${nameOf(way)} (load ${loadavg()[0]?.toFixed(1) ?? ''})`);
  await using machine = await lab.restore(await lab.base(MEMORY_MIB));
  const rows = [['step', 'ms', 'drop ms', 'save ms', 'written MiB', 'stored MiB']];
  for (const [name, command] of STEPS) {
    const stepMs = await timed(() => machine.run(command));
    const dropMs = way.drop ? await timed(() => machine.run(DROP_CACHES)) : 0;
    const { figures } = await machine.save();
    const storedMib = figures.storedBytes / MIB;
    sum.stepMs += stepMs;
    sum.dropMs += dropMs;
    sum.pauseMs += figures.pauseMs;
    sum.storedMib += storedMib;
    const numbers = [stepMs, dropMs, figures.pauseMs, figures.dirtyBytes / MIB, storedMib];
    rows.push([name, ...numbers.map((number) => number.toFixed(0))]);
  }
  console.log(aligned(rows));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function report(): void {
  const all = [...sums.values()];
  const neither = all[0];
  if (neither === undefined) return;
  const ratio = (value: number, to: number): string => (value / to).toFixed(2);
  const rows = [...sums].map(([way, sum]) => [
    nameOf(way),
    ratio(sum.stepMs, neither.stepMs),
    ratio(sum.pauseMs + sum.dropMs, neither.pauseMs),
    ratio(sum.storedMib, neither.storedMib),
  ]);
  console.log(`\n${aligned([['of doing neither', 'steps', 'drops and saves', 'stored'], ...rows])}`);
}

function nameOf({ kernelArguments, drop }: Way): string {
  const names = [kernelArguments, drop ? 'drop caches' : ''].filter((name) => name !== '' && name !== NOT_CLEARED);
  return names.length === 0 ? 'neither' : names.join(', ');
}
