import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { FromInstruction } from '../grammar/index.ts';
import type { StepFields } from '../snapshots/index.ts';
import { LayerError } from '../util/layer-error.ts';
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
  machineIdentity,
  requireRecipe,
} from '../vm/index.ts';
import { announce, type BuildContext, warn } from './build-context.ts';

/** What a lineage starts from: an image, and the machine that runs it. */
export interface Base {
  readonly image: BaseImage;
  readonly config: MachineConfig;
  readonly facts: HostFacts;
  /** Everything a state of this machine depends on: the FROM step's part of the key. */
  readonly fields: StepFields;
}

/** Part of every key: raised when the same instruction does something else than before. */
const SEMANTICS = '3';
const KVM = '/dev/kvm';
const DEFAULT_MEMORY_MIB = 1024;
const MAX_CPUS = 2;

/** The base of a Layerfile if it can be had without work: the image is built and the accelerator is known. */
export async function findBase(context: BuildContext, from: FromInstruction, memoryMib?: number): Promise<Base | null> {
  const image = findBaseImage(imagesFolder(context.home), recipeOf(from, context.layerfile));
  if (image === null) return null;
  const facts = new HostFacts(context.home);
  const verdict = await knownAccelerator(context, facts);
  return verdict === null ? null : assemble(image, verdict.accelerator, facts, memoryMib);
}

/** The base of a Layerfile, building its image and probing KVM where needed. */
export async function ensureBase(context: BuildContext, from: FromInstruction, memoryMib?: number): Promise<Base> {
  const recipe = recipeOf(from, context.layerfile);
  const image = findBaseImage(imagesFolder(context.home), recipe) ?? (await buildImage(context, recipe));
  const facts = new HostFacts(context.home);
  const known = await knownAccelerator(context, facts);
  const verdict = known ?? (await probe(context, facts, image.kernel));
  return assemble(image, verdict.accelerator, facts, memoryMib);
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
  const what = source.kind === 'layerfile' ? 'another Layerfile' : 'a container image';
  throw new LayerError('UNSUPPORTED_INSTRUCTION', `${place}: FROM ${what} is not supported by this version of Layer`, {
    hint: 'Write `FROM vm/debian:12`.',
  });
}

function imagesFolder(home: string): string {
  return join(home, 'images');
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

function assemble(image: BaseImage, accelerator: Accelerator, facts: HostFacts, memoryMib?: number): Base {
  const config: MachineConfig = {
    accelerator,
    cpus: Math.min(MAX_CPUS, availableParallelism()),
    memoryMib: memoryMib ?? DEFAULT_MEMORY_MIB,
    tscKhz: accelerator === 'tcg' ? facts.tscKhz() : null,
    kernel: image.kernel,
    initrd: image.initrd,
  };
  return { image, config, facts, fields: { semantics: SEMANTICS, base: image.id, ...machineIdentity(config, facts) } };
}
