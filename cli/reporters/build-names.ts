import type { BuildStarted } from '../../runner/index.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { PartPlace } from './part-key.ts';

/** Names Layerfiles on screens and in logs, and the copies below a SPLIT: `api`, `api-2`, `api-3`. */
export class BuildNames {
  readonly #builds = new Map<string, BuildStarted>();
  readonly #names = new Set<string>();
  #anySplit = false;

  learn(build: BuildStarted): void {
    const name = printableLine(build.name);
    this.#builds.set(build.layerfile, { ...build, name });
    this.#names.add(name);
    this.#anySplit ||= build.split !== undefined;
  }

  /** With names that are harmless for a screen, in the order in which they were told. */
  get builds(): readonly BuildStarted[] {
    return [...this.#builds.values()];
  }

  /** Whether more than one build goes on at a time: a line then has to say which it is of. */
  get areSeveral(): boolean {
    return this.#builds.size > 1 || this.#anySplit;
  }

  build(layerfile: string): BuildStarted | undefined {
    return this.#builds.get(layerfile);
  }

  /** The name of a Layerfile that nobody told of is its path. */
  of({ layerfile, copy = 0 }: PartPlace): string {
    const name = this.#builds.get(layerfile)?.name ?? printableLine(layerfile);
    if (copy === 0) return name;
    const copyName = `${name}-${copy + 1}`;
    // Another Layerfile may be called what this copy is: it was there first.
    return this.#names.has(copyName) ? `${name}#${copy + 1}` : copyName;
  }

  /** Of all Layerfiles and their last copies: the longest ones are among them. */
  longest(): readonly string[] {
    return this.builds.map(({ layerfile, split }) => this.of({ layerfile, copy: (split?.copies ?? 1) - 1 }));
  }
}
