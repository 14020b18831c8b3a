import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LayerError } from '../../util/layer-error.ts';
import { runLayerfiles } from '../../runner/run-layerfiles.ts';
import { openSecretStore } from '../../runner/secrets/secret-store.ts';
import { placeFakeImage } from '../helpers/fake-image.ts';
import { FakeMachineFactory } from '../helpers/fake-machine.ts';
import { type Damage, damagesOf } from './corruption.ts';

const LAYERFILE = `FROM vm/debian:12
SECRET ENV TOKEN
COPY . .
RUN first
RUN second
RUN third
`;
const FILES: Readonly<Record<string, string>> = { 'first.txt': '1', 'second.txt': '2', 'third.txt': '3' };
const BIG = 'x'.repeat(200_000);

/** What the machine remembers is what it prints in the end: a restore of wrong bytes shows. */
const EXPECTED = 'first 1, second 2, third changed';

/**
 * A home in which a run has left every kind of file there is, and a copy of it for each damage. The run that follows has to
 * restore the machine as it was before the last step.
 */
export class DamagedHome implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-damage-'));
  readonly #home = join(this.#folder, 'home');
  readonly #template = join(this.#folder, 'template');
  readonly #repository = join(this.#folder, 'repository');

  async prepare(): Promise<void> {
    mkdirSync(join(this.#repository, '.git'), { recursive: true });
    writeFileSync(join(this.#repository, 'Layerfile'), LAYERFILE);
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(this.#repository, name), text);
    placeFakeImage(this.#home);
    openSecretStore(this.#home).set('TOKEN', Buffer.from('0123456789'));
    await this.#run();
    writeFileSync(join(this.#repository, 'third.txt'), 'changed');
    execFileSync('cp', ['-a', this.#home, this.#template]);
  }

  damages(flipsEach: number, random: () => number): readonly Damage[] {
    return damagesOf(this.#template, flipsEach, random);
  }

  /** Null where the damage was found or does no harm; else what is wrong. */
  async try(damage: Damage): Promise<string | null> {
    rmSync(this.#home, { recursive: true, force: true });
    execFileSync('cp', ['-a', this.#template, this.#home]);
    damage.inflict(this.#home);
    try {
      const printed = await this.#run();
      return printed === EXPECTED ? null : `the machine says ${JSON.stringify(printed)}`;
    } catch (error) {
      // Only a user can give a secret its value again, or say that the key of all of them is to be another.
      if (error instanceof LayerError && /^secrets/.test(damage.file) && error.hint !== undefined) return null;
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }

  async #run(): Promise<string> {
    let printed = '';
    const machines = new FakeMachineFactory((command, { memory, kernel }) => {
      const name = /(first|second|third)/.exec(command)?.[1];
      if (name === undefined) return {};
      memory.set('big', BIG);
      return readFile(kernel, `${name}.txt`).then((text) => {
        memory.set(name, text);
        return { stdout: name === 'third' ? tell(memory) : '' };
      });
    });
    const result = await runLayerfiles({
      paths: ['.'],
      directory: this.#repository,
      home: this.#home,
      accelerator: 'tcg',
      noCache: false,
      force: [],
      signal: new AbortController().signal,
      machines,
      emit: (event) => {
        if (event.event === 'output' && event.stream === 'stdout') printed += event.text;
      },
    });
    return result.outcome === 'succeeded' ? printed : result.outcome;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function tell(memory: ReadonlyMap<string, string>): string {
  if (memory.get('big') !== BIG) return 'the memory is damaged';
  return ['first', 'second', 'third'].map((name) => `${name} ${memory.get(name) ?? 'nothing'}`).join(', ');
}

async function readFile(kernel: FakeKernel, name: string): Promise<string> {
  const copy = await kernel.lookUp(1, '0');
  const { nodeId } = await kernel.lookUp(copy.nodeId, name);
  await kernel.getAttributes(nodeId);
  return kernel.read(nodeId, 0, 1 << 20);
}

type FakeKernel = Parameters<NonNullable<ConstructorParameters<typeof FakeMachineFactory>[0]>>[1]['kernel'];
