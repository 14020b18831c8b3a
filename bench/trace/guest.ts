import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';
import {
  chooseAccelerator,
  type CommandOptions,
  findBaseImage,
  HostFacts,
  type Machine,
  qemuMachines,
  requireRecipe,
  STATE_FILES,
} from '../../vm/index.ts';

/** A machine of our base image, booted for one benchmark. Its folder is for whatever the benchmark makes on the host. */
export class BenchGuest implements AsyncDisposable {
  readonly machine: Machine;
  readonly folder: string;
  readonly #deferred: (() => void)[] = [];

  private constructor(machine: Machine, folder: string) {
    this.machine = machine;
    this.folder = folder;
  }

  static async boot(memoryMib: number): Promise<BenchGuest> {
    const image = findBaseImage(join(layerHome(), 'images'), requireRecipe('debian', '12'));
    if (image === null) throw new Error('There is no base image yet: run `./layer run examples/hello` first.');
    const facts = new HostFacts(layerHome());
    const { kernel, initrd } = image;
    const { accelerator } = await chooseAccelerator({
      request: 'auto',
      device: '/dev/kvm',
      remembered: facts.rememberedAccelerator(),
      bootProbe: async () => qemuMachines.bootProbe({ kernel, accelerator: 'kvm' }),
    });
    const folder = mkdtempSync(join(tmpdir(), 'layer-bench-'));
    try {
      mkdirSync(join(folder, 'machine'));
      const config = { accelerator, cpus: 2, memoryMib, tscKhz: facts.tscKhz(), kernel, initrd };
      const disk = join(folder, 'machine', STATE_FILES.disk);
      const { keys, disk: imageDisk } = image;
      const machine = await qemuMachines.boot({ config, keys, imageDisk, disk, format: 'private' });
      return new BenchGuest(machine, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** What the command printed. Fails where it does not end with 0. */
  async run(command: string, options: CommandOptions = {}): Promise<string> {
    let text = '';
    const end = await this.machine.run(command, { ...options, onOutput: (_, bytes) => (text += bytes.toString()) });
    if (end.exitCode !== 0) throw new Error(`"${command}" ended with ${JSON.stringify(end)}: ${text}`);
    return text;
  }

  /** Milliseconds that the command took by the guest's clock, without what it takes to get there. */
  async time(folder: string, command: string): Promise<number> {
    const timed = `cd ${folder} && begin=$EPOCHREALTIME && { ${command}; } > /dev/null && echo "$begin $EPOCHREALTIME"`;
    const [begin, end] = (await this.run(timed)).trim().split(' ').map(Number);
    return ((end ?? Number.NaN) - (begin ?? Number.NaN)) * 1000;
  }

  /** Everything that the guest has cached of files is forgotten. */
  async forgetCaches(): Promise<void> {
    await this.run('sync; echo 3 > /proc/sys/vm/drop_caches');
  }

  /** Calls `end` when the machine has ended. */
  defer(end: () => void): void {
    this.#deferred.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machine[Symbol.asyncDispose]();
    for (const end of this.#deferred) end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
