import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';
import {
  type BaseImage,
  findBaseImage,
  HostFacts,
  type Machine,
  type MachineConfig,
  type MachineState,
  qemuMachines,
  requireRecipe,
  type SaveFigures,
  STATE_FILES,
} from '../../vm/index.ts';
import { QemuProcess } from '../../vm/qemu-process.ts';

/** A saved machine and what it takes to start it. */
export interface Saved {
  readonly config: MachineConfig;
  readonly state: MachineState;
}

export interface LabSave extends Saved {
  readonly figures: SaveFigures;
  /** Allocated bytes of the disk file that the save froze. */
  readonly diskBytes: number;
}

/** A running machine of the benchmark, which saves into folders of its own. */
export interface LabMachine extends AsyncDisposable {
  readonly machine: Machine;
  /** From the request to a guest that may be given commands; `machine.restoreMs` ends where the guest runs. */
  readonly readyMs: number;
  /** Processor time that QEMU has used up to then. */
  readonly cpuMs: number;
  run(command: string): Promise<string>;
  save(options?: { readonly wholeMemory?: boolean }): Promise<LabSave>;
}

/** Boots and restores machines; all their files lie in one temporary folder, which goes with the benchmark. */
export class Lab implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-bench-'));
  readonly image: BaseImage;
  readonly #facts = new HostFacts(layerHome());
  readonly #bases = new Map<number, Promise<Saved>>();
  #folders = 0;

  readonly #kernelArguments: string;
  readonly #qemuArguments: readonly string[];

  /** `kernelArguments` are added to the guest kernel's command line, `qemuArguments` to QEMU's. */
  constructor(kernelArguments = '', qemuArguments: readonly string[] = []) {
    this.#kernelArguments = kernelArguments;
    this.#qemuArguments = qemuArguments;
    const image = findBaseImage(join(layerHome(), 'images'), requireRecipe('debian', '12'));
    if (image === null) throw new Error('There is no base image yet: run `./layer run examples/hello` first.');
    this.image = image;
  }

  /** A new empty folder. */
  make(): string {
    const path = join(this.folder, String(++this.#folders));
    mkdirSync(path);
    return path;
  }

  /** The booted machine with that much memory, as FROM saves it: somebody was logged in. */
  async base(memoryMib: number): Promise<Saved> {
    const base = this.#bases.get(memoryMib) ?? this.#boot(memoryMib);
    this.#bases.set(memoryMib, base);
    return base;
  }

  async restore({ config, state }: Saved): Promise<LabMachine> {
    const folder = this.make();
    const disk = join(folder, STATE_FILES.disk);
    const [machine, pid, readyMs] = await this.#started(() =>
      qemuMachines.restore({ config, keys: this.image.keys, disk, state }),
    );
    return this.#machine(machine, folder, { readyMs, cpuMs: cpuMsOf(pid) });
  }

  async #boot(memoryMib: number): Promise<Saved> {
    const { kernel, initrd, disk: imageDisk, keys } = this.image;
    const accelerator = this.#facts.rememberedAccelerator()?.accelerator ?? 'tcg';
    const config = { accelerator, cpus: 2, memoryMib, tscKhz: this.#facts.tscKhz(), kernel, initrd };
    const folder = this.make();
    const disk = join(folder, STATE_FILES.disk);
    const [machine] = await this.#started(() =>
      qemuMachines.boot({ config, keys, imageDisk, disk, format: 'private' }),
    );
    await using booted = this.#machine(machine, folder, { readyMs: 0, cpuMs: 0 });
    // As runner/boot-base.ts has it: what every log-in needs is in memory from the start.
    await booted.run('. /etc/layer/step.sh; sync');
    return await booted.save({ wholeMemory: true });
  }

  async #started(start: () => Promise<Machine>): Promise<readonly [Machine, number, number]> {
    let pid = 0;
    const startQemu = QemuProcess.start.bind(QemuProcess);
    QemuProcess.start = async (options) => {
      const qemu = await startQemu({ ...options, extraArguments: this.#withArguments(options.extraArguments) });
      pid = qemu.pid;
      return qemu;
    };
    try {
      const asked = performance.now();
      const machine = await start();
      return [machine, pid, performance.now() - asked];
    } finally {
      QemuProcess.start = startQemu;
    }
  }

  #withArguments(all: readonly string[]): readonly string[] {
    const appended = all.map((argument, index) =>
      all[index - 1] === '-append' ? `${argument} ${this.#kernelArguments}`.trim() : argument,
    );
    return [...appended, ...this.#qemuArguments];
  }

  #machine(machine: Machine, firstFolder: string, figures: Pick<LabMachine, 'readyMs' | 'cpuMs'>): LabMachine {
    let folder = firstFolder;
    const save: LabMachine['save'] = async (options = {}) => {
      const next = this.make();
      await machine.freeze();
      const saved = await machine.save({ folder, nextDisk: join(next, STATE_FILES.disk), ...options });
      await machine.thaw();
      folder = next;
      return { ...saved, config: machine.config, diskBytes: statSync(saved.state.disk).blocks * 512 };
    };
    const run = async (command: string): Promise<string> => outputOf(machine, command);
    return { machine, ...figures, run, save, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function outputOf(machine: Machine, command: string): Promise<string> {
  let text = '';
  const end = await machine.run(command, { onOutput: (_, bytes) => (text += bytes.toString()) });
  if (end.exitCode !== 0) throw new Error(`"${command}" ended with ${JSON.stringify(end)}: ${text}`);
  return text;
}

/** Processor time that a process has used, to 10 ms (proc(5)). */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // utime and stime, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
