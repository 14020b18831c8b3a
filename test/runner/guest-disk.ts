import type { ViewMapping } from '../../fs-tracer/index.ts';
import { OVERLAYS, ROOT_VIEW, WORKSPACE_MOUNT } from '../../runner/guest-layout.ts';
import type { OverlayMount } from '../../runner/lineage-state.ts';
import { type Placement, planOverlays } from '../../runner/overlay-plan.ts';

/** What the kernel writes into an upper folder for a name that is gone. */
const WHITEOUT = Symbol('whiteout');

type Content = string | typeof WHITEOUT;

/** A guest whose COPYs really copy. */
export class NaiveDisk {
  readonly #files = new Map<string, string>();
  readonly #ever = new Set<string>();
  readonly #workspace: readonly string[];

  constructor(workspace: readonly string[]) {
    this.#workspace = workspace;
  }

  copy({ target, mappings }: Placement): void {
    for (const mapping of mappings) {
      for (const [below, content] of filesOfMapping(mapping, this.#workspace))
        this.write(`${target}/${below}`, content);
    }
  }

  write(path: string, content: string): void {
    this.#files.set(path, content);
    this.#ever.add(path);
  }

  remove(path: string): void {
    this.#files.delete(path);
    this.#ever.add(path);
  }

  /** Every path that was ever there, so that what is gone is compared too. */
  paths(): readonly string[] {
    return [...this.#ever];
  }

  files(paths: readonly string[]): readonly (string | undefined)[] {
    return paths.map((path) => this.#files.get(path));
  }
}

/** A guest that mounts what the plans say, with the rules of overlayfs: the topmost layer that has a name decides. */
export class GuestDisk {
  readonly #workspace: readonly string[];
  readonly #root = new Map<string, Content>();
  /** By upper folder, then by path below the mount. */
  readonly #uppers = new Map<string, Map<string, Content>>();
  readonly #views: (readonly ViewMapping[])[] = [];
  #state: { readonly overlays: readonly OverlayMount[]; readonly overlayCount: number } = {
    overlays: [],
    overlayCount: 0,
  };
  #mounted: readonly OverlayMount[] = [];

  constructor(workspace: readonly string[]) {
    this.#workspace = workspace;
  }

  copy(placement: Placement): void {
    const plan = planOverlays(this.#state, placement, {
      addView: (mappings) => this.#views.push(mappings) - 1,
      typeAt: (path) => typeIn(this.#workspace, path),
    });
    for (const target of plan.unmount) this.#mounted = this.#mounted.filter((mount) => mount.target !== target);
    this.#mounted = [...this.#mounted, ...plan.mount];
    this.#state = plan;
  }

  write(path: string, content: string): void {
    this.#put(path, content);
  }

  remove(path: string): void {
    if (this.#read(path) !== undefined) this.#put(path, WHITEOUT);
  }

  files(paths: readonly string[]): readonly (string | undefined)[] {
    return paths.map((path) => this.#read(path));
  }

  #put(path: string, content: Content): void {
    const mount = this.#mountOf(path);
    if (mount === undefined) this.#root.set(path, content);
    else this.#upper(`${mount.upper}/upper`).set(path.slice(mount.target.length + 1), content);
  }

  #read(path: string): string | undefined {
    const mount = this.#mountOf(path);
    const found =
      mount === undefined ? this.#root.get(path) : this.#inLayers(mount, path.slice(mount.target.length + 1));
    return found === WHITEOUT ? undefined : found;
  }

  #inLayers(mount: OverlayMount, below: string): Content | undefined {
    for (const layer of [`${mount.upper}/upper`, ...mount.lowers]) {
      const found = this.#inLayer(layer, below);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #inLayer(layer: string, below: string): Content | undefined {
    if (layer.startsWith(OVERLAYS)) return this.#upper(layer).get(below);
    if (layer.startsWith(ROOT_VIEW)) return this.#root.get(`${layer.slice(ROOT_VIEW.length)}/${below}`);
    const view = this.#views[Number(layer.slice(WORKSPACE_MOUNT.length + 1))] ?? [];
    const shown = new Map(view.flatMap((mapping) => filesOfMapping(mapping, this.#workspace)));
    return shown.get(below);
  }

  /** A mount hides what is below it: the one mounted last over the longest part of the path. */
  #mountOf(path: string): OverlayMount | undefined {
    const around = this.#mounted.filter(({ target }) => path.startsWith(`${target}/`));
    return around.sort((a, b) => b.target.length - a.target.length)[0];
  }

  #upper(folder: string): Map<string, Content> {
    const upper = this.#uppers.get(folder) ?? new Map<string, Content>();
    this.#uppers.set(folder, upper);
    return upper;
  }
}

function typeIn(workspace: readonly string[], path: string): 'file' | 'folder' | null {
  if (workspace.includes(path)) return 'file';
  return path === '' || workspace.some((file) => file.startsWith(`${path}/`)) ? 'folder' : null;
}

/** Path below the view and content of each workspace file that a mapping shows. */
function filesOfMapping(
  { at, source }: ViewMapping,
  workspace: readonly string[],
): readonly (readonly [string, string])[] {
  return workspace.flatMap((file) => {
    if (file === source) return [[at, `workspace ${file}`] as const];
    const prefix = source === '' ? '' : `${source}/`;
    if (!file.startsWith(prefix)) return [];
    return [[`${at === '' ? '' : `${at}/`}${file.slice(prefix.length)}`, `workspace ${file}`] as const];
  });
}
