import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';
import {
  type BaseImage,
  chooseAccelerator,
  findBaseImage,
  HostFacts,
  type Machine,
  type MachineConfig,
  machineIdentity,
  qemuMachines,
  requireRecipe,
} from '../../vm/index.ts';
import { GUEST_HELPER, LAUNCHER, QEMU } from '../../vm/helper-binaries.ts';
import { type MachineState, type MachineStateFormat, STATE_FILES } from '../../vm/machine-state.ts';
import { lockBases } from './base-lock.ts';

const MEMORY_MIB = 512;

/** A base image and one booted machine of it on disk, from which every test of the VM tier restores its own. */
export interface SharedBase {
  readonly image: BaseImage;
  readonly config: MachineConfig;
  readonly facts: HostFacts;
  readonly state: MachineState;
}

/** Why no machine can run here, or null. Tests are then registered as skipped, with this in their titles. */
export function machineObstacle(): string | null {
  const missing = [GUEST_HELPER, LAUNCHER].find((binary) => !isFile(binary));
  return toolObstacle([QEMU, 'qemu-img']) ?? (missing === undefined ? null : `${missing} is not built`);
}

/** Which of these programs is not there, or null. */
export function toolObstacle(programs: readonly string[] = ['qemu-img', 'qemu-io']): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = programs.find((program) => !folders.some((folder) => isFile(join(folder, program))));
  return missing === undefined ? null : `${missing} is not installed`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const found = new Map<MachineStateFormat, Promise<SharedBase>>();

/**
 * The base in `format`, booted on first use. It is immutable and expensive, so it lies in the user's own LAYER_HOME and
 * is shared by all tests and runs of them; everything else a test makes belongs in a temporary folder.
 */
export async function sharedBase(format: MachineStateFormat = 'private'): Promise<SharedBase> {
  const base = found.get(format) ?? findOrBoot(format);
  found.set(format, base);
  return base;
}

async function findOrBoot(format: MachineStateFormat): Promise<SharedBase> {
  const { image, config, facts } = await sharedImage();
  using _alone = await lockBases();
  const identity = await identityOf(config, facts, format);
  const folder = join(layerHome(), 'test-bases', `${image.id}-${config.accelerator}-${config.cpus}-${format}`);
  const state = readState(folder, identity) ?? (await bootOnce({ image, config, folder, format, identity }));
  return { image, config, facts, state };
}

async function identityOf(
  config: MachineConfig,
  facts: HostFacts,
  format: MachineStateFormat,
): Promise<Readonly<Record<string, string>>> {
  const { accelerator, kernel, initrd } = config;
  const offers = facts.rememberedOffers(accelerator) ?? (await qemuMachines.probeQemu(accelerator));
  facts.rememberOffers(accelerator, offers);
  const [kernelHash, initrdHash] = [facts.hashOf(kernel), facts.hashOf(initrd)];
  return machineIdentity(config, { qemuVersion: facts.qemuVersion(), offers, format, kernelHash, initrdHash });
}

/** The base image and the machine that boots it here. */
export async function sharedImage(): Promise<Omit<SharedBase, 'state'>> {
  using _alone = await lockBases();
  const imagesFolder = join(layerHome(), 'images');
  mkdirSync(imagesFolder, { recursive: true, mode: 0o700 });
  const recipe = requireRecipe('debian', '12');
  const image =
    findBaseImage(imagesFolder, recipe) ??
    (await qemuMachines.buildImage({ imagesFolder, recipe, onProgress: () => undefined }));
  const facts = new HostFacts(layerHome());
  const verdict = await chooseAccelerator({
    request: 'auto',
    device: '/dev/kvm',
    remembered: facts.rememberedAccelerator(),
    bootProbe: async () => qemuMachines.bootProbe({ kernel: image.kernel, accelerator: 'kvm' }),
  });
  const { kernel, initrd } = image;
  const config = {
    accelerator: verdict.accelerator,
    cpus: 2,
    memoryMib: MEMORY_MIB,
    tscKhz: facts.tscKhz(),
    kernel,
    initrd,
  };
  return { image, config, facts };
}

interface BootOnce {
  readonly image: BaseImage;
  readonly config: MachineConfig;
  readonly folder: string;
  readonly format: MachineStateFormat;
  readonly identity: Readonly<Record<string, string>>;
}

/** Boots into a temporary folder and renames it: whoever comes second finds all of it or nothing. */
async function bootOnce({ image, config, folder, format, identity }: BootOnce): Promise<MachineState> {
  mkdirSync(join(folder, '..'), { recursive: true, mode: 0o700 });
  const work = mkdtempSync(`${folder}.`);
  try {
    const disk = join(work, STATE_FILES.disk);
    await using machine = await qemuMachines.boot({ config, keys: image.keys, imageDisk: image.disk, disk, format });
    await machine.run('sync');
    await machine.freeze();
    await machine.save({ folder: work, nextDisk: join(work, 'next.qcow2'), wholeMemory: true });
    rmSync(join(work, 'next.qcow2'));
    writeFileSync(join(work, 'identity.json'), JSON.stringify(identity));
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    return stateIn(folder, format);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readState(folder: string, identity: Readonly<Record<string, string>>): MachineState | null {
  try {
    if (readFileSync(join(folder, 'identity.json'), 'utf8') !== JSON.stringify(identity)) return null;
    return stateIn(folder, identity['format'] as MachineStateFormat);
  } catch {
    return null;
  }
}

function stateIn(folder: string, format: MachineStateFormat): MachineState {
  const path = (name: keyof typeof STATE_FILES): string => join(folder, STATE_FILES[name]);
  if (format !== 'private') return { format, stream: path('stream'), disk: path('disk') };
  const [memoryBase, deviceState, disk] = [path('memoryBase'), path('deviceState'), path('disk')];
  return { format, memoryBase, memoryDeltas: [], deviceState, disk };
}

/** A temporary folder that goes with its scope. */
export class Scratch implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-test-'));
  #folders = 0;

  /** A new empty folder. */
  make(): string {
    const path = join(this.folder, String(++this.#folders));
    mkdirSync(path);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A machine with the folder its next save goes to. */
export interface Restored extends AsyncDisposable {
  readonly machine: Machine;
  /** Saves into a fresh folder of `scratch` and lets the machine go on unless told otherwise. */
  save(options?: { readonly thaw?: boolean }): Promise<{ readonly state: MachineState; readonly folder: string }>;
}

/** Restores `state` (the booted base itself by default). */
export async function restore(
  base: SharedBase,
  scratch: Scratch,
  state: MachineState = base.state,
  options: { readonly signal?: AbortSignal; readonly maxDeltas?: number } = {},
): Promise<Restored> {
  let folder = scratch.make();
  const disk = join(folder, STATE_FILES.disk);
  const machine = await qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state, ...options });
  const save: Restored['save'] = async ({ thaw = true } = {}) => {
    await machine.freeze();
    const next = scratch.make();
    const target = folder;
    const saved = await machine.save({ folder: target, nextDisk: join(next, STATE_FILES.disk) });
    folder = next;
    if (thaw) await machine.thaw();
    return { state: saved.state, folder: target };
  };
  return { machine, save, [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose]() };
}

/** Runs a command in the guest and resolves to what it printed. Fails where it does not exit 0. */
export async function output(machine: Machine, command: string): Promise<string> {
  let text = '';
  const end = await machine.run(command, { onOutput: (_, bytes) => (text += bytes.toString()) });
  if (end.exitCode !== 0) throw new Error(`"${command}" ended with ${JSON.stringify(end)}: ${text}`);
  return text;
}
