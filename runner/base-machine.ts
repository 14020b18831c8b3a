import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { FromInstruction } from '../grammar/index.ts';
import type { StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
import { sha256 } from '../util/sha256.ts';
import {
  type Accelerator,
  type AcceleratorVerdict,
  type BaseImage,
  chooseAccelerator,
  findBaseImage,
  forgetBaseImage,
  HostFacts,
  imageDamage,
  type ImageRecipe,
  type MachineConfig,
  chooseStateFormat,
  type MachineStateFormat,
  type QemuOffers,
  machineIdentity,
  requireRecipe,
} from '../vm/index.ts';
import { announce, type BuildContext, warn } from './build-context.ts';
import { DEFAULT_MEMORY_MIB } from './machine-memory.ts';

/** What a lineage starts from: an image, and the machine that runs it. */
export interface Base {
  readonly image: BaseImage;
  readonly config: MachineConfig;
  /** How its machines are saved. */
  readonly format: MachineStateFormat;
  /** Everything a state of this machine depends on: the FROM step's part of the key. */
  readonly fields: StepFields;
}

/** Part of every key: raised when the same instruction does something else than before. */
const SEMANTICS = '3';
const KVM = '/dev/kvm';
const MAX_CPUS = 2;

/** The base of a Layerfile if it can be had without work: the image is built and the accelerator is known. */
export async function findBase(context: BuildContext, from: FromInstruction, memoryMib?: number): Promise<Base | null> {
  const image = findBaseImage(imagesFolder(context.home), recipeOf(from, context.layerfile));
  if (image === null) return null;
  const facts = new HostFacts(context.home);
  const verdict = await knownAccelerator(context, facts);
  return verdict === null ? null : assemble(context, image, verdict.accelerator, facts, memoryMib);
}

/** The base of a Layerfile, building its image and probing KVM where needed. */
export async function ensureBase(context: BuildContext, from: FromInstruction, memoryMib?: number): Promise<Base> {
  const recipe = recipeOf(from, context.layerfile);
  const image = findBaseImage(imagesFolder(context.home), recipe) ?? (await buildImageOnce(context, recipe));
  const facts = new HostFacts(context.home);
  const known = await knownAccelerator(context, facts);
  const verdict = known ?? (await probe(context, facts, image.kernel));
  return assemble(context, image, verdict.accelerator, facts, memoryMib);
}

/** The same base, or, where its image is damaged, another one in its place: nothing of the old one can be used any more. */
export async function soundBase(
  context: BuildContext,
  base: Base,
  from: FromInstruction,
  memoryMib?: number,
): Promise<Base> {
  const damage = await imageDamage(base.image, context.digestMemo);
  if (damage === null) return base;
  warn(context, `the base image of ${from.text} is damaged (${damage}), and is built again`);
  forgetBaseImage(imagesFolder(context.home), recipeOf(from, context.layerfile), base.image);
  return ensureBase(context, from, memoryMib);
}

function recipeOf(from: FromInstruction, layerfile: string): ImageRecipe {
  const { source, range } = from;
  if (source.kind === 'image') return requireRecipe(source.name, source.tag);
  const place = `${layerfile}:${range.start.line}:${range.start.column}`;
  throw new LayerError('UNSUPPORTED_INSTRUCTION', `${place}: FROM a container image is not supported by this version`, {
    hint: 'Write `FROM vm/debian:12`.',
  });
}

function imagesFolder(home: string): string {
  return join(home, 'images');
}

/** Several runs that need it build it once: an image has an id of its own, and what was booted from another is useless. */
async function buildImageOnce(context: BuildContext, recipe: ImageRecipe): Promise<BaseImage> {
  const flights = await context.store.flights();
  for (;;) {
    const claim = flights.claim({ key: `image ${recipe.name}:${recipe.tag}`, seen: new Map() });
    if (!claim.taken) {
      using _flight = claim.flight;
      return findBaseImage(imagesFolder(context.home), recipe) ?? (await buildImage(context, recipe));
    }
    const { awaitFlight } = await import('./await-flight.ts');
    await awaitFlight(context, flights, claim.by, `building vm/${recipe.name}:${recipe.tag}`);
  }
}

async function buildImage(context: BuildContext, recipe: ImageRecipe): Promise<BaseImage> {
  const name = `vm/${recipe.name}:${recipe.tag}`;
  announce(context, 'image', `building ${name} (once on this machine)`, 0);
  return context.machines.buildImage({
    imagesFolder: imagesFolder(context.home),
    recipe,
    onProgress: ({ text, progress }) => announce(context, 'image', `building ${name}: ${text}`, progress),
    signal: context.signal,
  });
}

/** The verdict if it takes no boot to know it; null where KVM would have to be tried. */
async function knownAccelerator(context: BuildContext, facts: HostFacts): Promise<AcceleratorVerdict | null> {
  const verdict = await chooseAccelerator({
    request: context.accelerator,
    device: KVM,
    remembered: facts.rememberedAccelerator(),
    bootProbe: () => Promise.resolve(null),
  });
  const untried =
    verdict.accelerator === 'kvm' && context.accelerator === 'auto' && facts.rememberedAccelerator() === undefined;
  return untried ? null : verdict;
}

async function probe(context: BuildContext, facts: HostFacts, kernel: string): Promise<AcceleratorVerdict> {
  announce(context, 'probe', 'trying whether KVM really works here');
  const verdict = await chooseAccelerator({
    request: context.accelerator,
    device: KVM,
    remembered: undefined,
    bootProbe: async () => context.machines.bootProbe({ kernel, accelerator: 'kvm', signal: context.signal }),
  });
  facts.rememberAccelerator(verdict);
  if (verdict.accelerator === 'tcg')
    warn(context, `machines run without hardware acceleration, many times slower: ${verdict.reason}`);
  return verdict;
}

/** What QEMU can do, asked once of each QEMU on this host: no guest runs for that. */
async function qemuOffers(context: BuildContext, facts: HostFacts, accelerator: Accelerator): Promise<QemuOffers> {
  const known = facts.rememberedOffers(accelerator);
  if (known !== undefined) return known;
  const offers = await context.machines.probeQemu(accelerator, context.signal);
  facts.rememberOffers(accelerator, offers);
  if (offers.privateObstacle !== null)
    warn(context, `saving and restoring a machine takes longer than it need: ${offers.privateObstacle}`);
  return offers;
}

async function assemble(
  context: BuildContext,
  image: BaseImage,
  accelerator: Accelerator,
  facts: HostFacts,
  memoryMib?: number,
): Promise<Base> {
  const config: MachineConfig = {
    accelerator,
    cpus: Math.min(MAX_CPUS, availableParallelism()),
    memoryMib: memoryMib ?? DEFAULT_MEMORY_MIB,
    tscKhz: facts.tscKhz(),
    kernel: image.kernel,
    initrd: image.initrd,
  };
  const offers = await qemuOffers(context, facts, accelerator);
  const format = chooseStateFormat(offers, process.env['LAYER_STATE_FORMAT']);
  const [kernelHash, initrdHash] = [facts.hashOf(image.kernel), facts.hashOf(image.initrd)];
  const found = { qemuVersion: facts.qemuVersion(), offers, format, kernelHash, initrdHash };
  const identity = machineIdentity(config, found, (text) => context.memory?.sha256(text) ?? sha256(text));
  return { image, config, format, fields: { semantics: SEMANTICS, base: image.id, ...identity } };
}
