/**
 * Boots the base image again and again beside busy processes, and counts the boots that hang.
 *
 *     npm run bench:boots -- [--boots 100] [--busy 2] [--limit 180]
 *
 * Under TCG on a busy host most microvm boots hung in the kernel's clock calibration until the command line said
 * tsc_early_khz (vm/machine-config.ts): this program is how that stays true. Prints a line a boot and the counts, and of a
 * boot that hung the end of its console and where its processors are, twice; ends with 1 when any boot hung.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { layerHome } from '../../util/layer-home.ts';
import { findBaseImage, HostFacts, type MachineConfig, qemuMachines, requireRecipe } from '../../vm/index.ts';
import { QemuProcess } from '../../vm/qemu-process.ts';
import { median } from '../median.ts';

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '100' },
    busy: { type: 'string', default: '2' },
    limit: { type: 'string', default: '180' },
  },
});
const boots = Number(values.boots);
const limitMs = Number(values.limit) * 1000;

const image = findBaseImage(join(layerHome(), 'images'), requireRecipe('debian', '12'));
if (image === null) throw new Error('There is no base image yet: run `./layer run examples/hello` first.');
const facts = new HostFacts(layerHome());
const accelerator = facts.rememberedAccelerator()?.accelerator ?? 'tcg';
const { kernel, initrd } = image;
const config: MachineConfig = { accelerator, cpus: 2, memoryMib: 1024, tscKhz: facts.tscKhz(), kernel, initrd };

/** The QEMU of the boot under way: evidence is taken from it before it ends. */
let running: QemuProcess | undefined;
const start = QemuProcess.start.bind(QemuProcess);
QemuProcess.start = async (options) => (running = await start(options));

const busy = Array.from({ length: Number(values.busy) }, () => spin());
const timesMs: number[] = [];
const hung: string[] = [];
try {
  for (let number = 1; number <= boots; number++) await bootOne(number);
} finally {
  for (const child of busy) child.kill('SIGKILL');
}
report();

async function bootOne(number: number): Promise<void> {
  if (image === null) return;
  const folder = mkdtempSync(join(tmpdir(), 'layer-boots-'));
  const started = performance.now();
  const ending = new AbortController();
  const limit = setTimeout(() => void giveUp(ending), limitMs);
  try {
    await using _machine = await qemuMachines.boot({
      config,
      keys: image.keys,
      disk: join(folder, 'disk.qcow2'),
      imageDisk: image.disk,
      format: 'private',
      signal: ending.signal,
    });
    timesMs.push(performance.now() - started);
    console.log(`${number}/${boots}  booted in ${seconds(timesMs.at(-1) ?? 0)}`);
  } catch (error) {
    hung.push(`${number}: ${error instanceof Error ? error.message : String(error)}`);
    console.log(`${number}/${boots}  DID NOT COME UP: ${String(error)}`);
  } finally {
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function giveUp(ending: AbortController): Promise<void> {
  try {
    console.log(running?.consoleTail() ?? 'QEMU was not there yet');
    for (let look = 1; look <= 2; look++) {
      const registers = await running?.qmp.execute('human-monitor-command', { 'command-line': 'info registers -a' });
      console.log(String(registers).replaceAll(/^(?!.*(CPU#|RIP|HLT)).*\r?\n/gm, ''));
    }
  } finally {
    ending.abort(new Error(`it did not come up within ${values.limit} s`));
  }
}

/** A process that keeps one processor busy until it is killed or we are gone. */
function spin(): ChildProcess {
  const program = `const parent = process.ppid; for (;;) { const end = Date.now() + 1000; while (Date.now() < end); if (process.ppid !== parent) process.exit(); }`;
  return spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
}

function report(): void {
  console.log(
    `${timesMs.length} booted, ${hung.length} did not, beside ${busy.length} busy processes (${accelerator})`,
  );
  console.log(`median ${seconds(median(timesMs))}, longest ${seconds(Math.max(0, ...timesMs))}`);
  process.exitCode = hung.length > 0 ? 1 : 0;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
