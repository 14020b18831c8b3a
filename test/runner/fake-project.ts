import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { BuildEvent, BuildResult, StepEnded } from '../../runner/build-event.ts';
import { planLayerfiles, runLayerfiles } from '../../runner/run-layerfiles.ts';
import type { RunOptions } from '../../runner/run-options.ts';
import { IMAGE_FILES, pointerPath } from '../../vm/images/base-image.ts';
import { recipeHash } from '../../vm/images/recipe.ts';
import { requireRecipe } from '../../vm/index.ts';
import { fakeImage, FakeMachineFactory, type FakeScript } from '../helpers/fake-machine.ts';
import { layHostFacts } from '../helpers/host-facts.ts';

export interface FakeRun {
  readonly events: readonly BuildEvent[];
  readonly result: BuildResult;
  readonly steps: readonly StepEnded[];
  /** `restored ran failed`. */
  readonly outcomes: string;
  readonly warnings: readonly string[];
  /** The calls to machines of this run only. */
  readonly calls: readonly string[];
}

/** A git repository and a LAYER_HOME in a temporary folder, with fake machines whose commands are scripted. */
export class FakeProject implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'layer-runner-'));
  readonly home = join(this.#folder, 'home');
  readonly repository = join(this.#folder, 'repository');
  readonly machines: FakeMachineFactory;

  constructor(files: Readonly<Record<string, string>>, script?: FakeScript) {
    this.machines = new FakeMachineFactory(script);
    mkdirSync(this.repository);
    execFileSync('git', ['init', '--quiet'], { cwd: this.repository });
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.placeImage();
  }

  write(path: string, text: string): void {
    const file = join(this.repository, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', args, { cwd: this.repository, encoding: 'utf8' });
  }

  remove(path: string): void {
    rmSync(join(this.repository, path));
  }

  async run(options: Partial<RunOptions> = {}): Promise<FakeRun> {
    return this.#build(runLayerfiles, options);
  }

  async plan(options: Partial<RunOptions> = {}): Promise<FakeRun> {
    return this.#build(planLayerfiles, options);
  }

  async #build(build: typeof runLayerfiles, options: Partial<RunOptions>): Promise<FakeRun> {
    const events: BuildEvent[] = [];
    const before = this.machines.calls.length;
    const result = await build({
      paths: ['.'],
      directory: this.repository,
      home: this.home,
      accelerator: 'tcg',
      noCache: false,
      force: [],
      signal: new AbortController().signal,
      machines: this.machines,
      ...options,
      emit: (event) => {
        events.push(event);
        options.emit?.(event);
      },
    });
    const steps = events.filter((event) => event.event === 'step');
    return {
      events,
      result,
      steps,
      outcomes: steps.map(({ outcome }) => outcome).join(' '),
      warnings: events.flatMap((event) => (event.event === 'warning' ? [event.text] : [])),
      calls: this.machines.calls.slice(before),
    };
  }

  /** As if the image had been built by an earlier run. */
  placeImage(): void {
    const images = join(this.home, 'images');
    const recipe = requireRecipe('debian', '12');
    mkdirSync(images, { recursive: true, mode: 0o700 });
    fakeImage(images);
    layHostFacts(this.home);
    for (const key of [IMAGE_FILES.clientKey, IMAGE_FILES.hostKey]) writeFileSync(join(images, 'fake', key), 'fake');
    writeFileSync(pointerPath(images, recipe), JSON.stringify({ version: 1, id: 'fake', recipe: recipeHash(recipe) }));
  }

  removeImage(): void {
    rmSync(join(this.home, 'images'), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
