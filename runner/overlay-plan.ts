import type { EntryType, ViewMapping, WorkspacePath } from '../fs-tracer/index.ts';
import { OVERLAYS, ROOT_VIEW, WORKSPACE_MOUNT } from './guest-layout.ts';
import type { LineageState, OverlayMount } from './lineage-state.ts';

/** The files one COPY lays over one folder of the guest. */
export interface Placement {
  /** Absolute guest folder. */
  readonly target: string;
  /** `at` is relative to the target. */
  readonly mappings: readonly ViewMapping[];
}

/** A folder on the way to copied files, and where it is in the upper folder of the overlay to come. */
export interface KeptFolder {
  readonly folder: string;
  readonly kept: string;
}

/** What to tell the guest, in order. */
export interface OverlayChange {
  /** Folders that stay whose and what they are: the copied files bring their own. */
  readonly keep: readonly KeptFolder[];
  readonly unmount: readonly string[];
  readonly mount: readonly OverlayMount[];
}

export interface OverlayPlan extends OverlayChange {
  readonly overlays: readonly OverlayMount[];
  readonly overlayCount: number;
}

/** What the plan needs to know of the traced workspace. */
export interface CopiedFiles {
  /** Gives a set of mappings a place in the traced file system and returns its index. */
  addView(mappings: readonly ViewMapping[]): number;
  /** What stands at a path of the workspace, null where nothing does. The plan depends on the answer: it is observed. */
  typeAt(path: WorkspacePath): EntryType | null;
}

/**
 * Works out how a COPY becomes visible. Each target is one overlay: the copied files on top, then what was written or
 * copied there before, then the disk's own folder. The kernel allows two levels of stacking only, so overlays never lie
 * on overlays: where one is there already (at the target, or above it) it is made anew from all its layers with the new
 * files on top; one below the target is made anew over it, with the new files' part that falls into it on top. Where a
 * copied file takes the place of a folder on the way to one below the target, that one is gone.
 */
export function planOverlays(
  state: Pick<LineageState, 'overlays' | 'overlayCount'>,
  placement: Placement,
  files: CopiedFiles,
): OverlayPlan {
  const enclosing = state.overlays.find(({ target }) => relativeTo(target, placement.target) !== null);
  const target = enclosing?.target ?? placement.target;
  const prefix = relativeTo(target, placement.target) ?? '';
  const mappings = placement.mappings.map(({ at, source }) => ({ at: join(prefix, at), source }));
  const inside = state.overlays.filter((mount) => mount !== enclosing && relativeTo(target, mount.target) !== null);
  const outside = state.overlays.filter((mount) => mount !== enclosing && !inside.includes(mount));

  let overlayCount = state.overlayCount;
  const renew = (at: string, layers: readonly ViewMapping[], below: readonly string[]): OverlayMount => ({
    target: at,
    lowers: [`${WORKSPACE_MOUNT}/${files.addView(layers)}`, ...below],
    upper: `${OVERLAYS}/${++overlayCount}`,
  });
  const outer = renew(target, mappings, enclosing === undefined ? [`${ROOT_VIEW}${target}`] : layersOf(enclosing));
  const kept = inside.filter((mount) => !isReplaced(mappings, relativeTo(target, mount.target) ?? '', files));
  const inner = kept.map((mount) => {
    const within = relativeTo(target, mount.target) ?? '';
    return renew(mount.target, mappingsWithin(mappings, within), layersOf(mount));
  });
  // Overlays stand in the order in which they were mounted. The innermost goes first: the kernel takes what is mounted
  // below away with an outer one.
  const unmount = [...(enclosing === undefined ? [] : [enclosing]), ...inside].map((mount) => mount.target).reverse();
  const mount = [outer, ...inner];
  const keep = mount.flatMap((each) => foldersOnTheWay(each, placement.target));
  return { keep, unmount, mount, overlays: [...outside, ...mount], overlayCount };
}

/** The folders between an overlay's own and `destination`, that one included. */
function foldersOnTheWay({ target, upper }: OverlayMount, destination: string): readonly KeptFolder[] {
  const way = relativeTo(target, destination) ?? '';
  const parts = way === '' ? [] : way.split('/');
  return parts.map((_, index) => {
    const below = parts.slice(0, index + 1).join('/');
    return { folder: join(target, below), kept: `${upper}/upper/${below}` };
  });
}

/** What an overlay shows, as layers for the next one: what was written to it lies over what it was made from. */
function layersOf(mount: OverlayMount): string[] {
  return [`${mount.upper}/upper`, ...mount.lowers];
}

/** The part of a view that lies in its folder `within`, as mappings relative to that folder. */
function mappingsWithin(mappings: readonly ViewMapping[], within: string): ViewMapping[] {
  return mappings.flatMap(({ at, source }) => {
    const below = relativeTo(`/${within}`, `/${at}`);
    if (below !== null) return [{ at: below, source }];
    const rest = relativeTo(`/${at}`, `/${within}`);
    return rest === null ? [] : [{ at: '', source: join(source, rest) as typeof source }];
  });
}

/** Whether the copied files have something that is no folder at the folder `within`, or on the way to it. */
function isReplaced(mappings: readonly ViewMapping[], within: string, files: CopiedFiles): boolean {
  const parts = within.split('/');
  return parts.some((_, index) => {
    const type = copiedType(mappings, parts.slice(0, index + 1).join('/'), files);
    return type !== null && type !== 'folder';
  });
}

/** What the strongest mapping that has anything at `path` shows there; view-tree.ts decides alike. */
function copiedType(mappings: readonly ViewMapping[], path: string, files: CopiedFiles): EntryType | null {
  if (mappings.some(({ at }) => at !== path && relativeTo(`/${path}`, `/${at}`) !== null)) return 'folder';
  for (const { at, source } of mappings.toReversed()) {
    const rest = relativeTo(`/${at}`, `/${path}`);
    const type = rest === null ? null : files.typeAt(join(source, rest) as WorkspacePath);
    if (type !== null) return type;
  }
  return null;
}

/** The path from `folder` to `path` ('' where they are equal); null where `path` is not in it. */
function relativeTo(folder: string, path: string): string | null {
  const start = folder === '/' ? '' : folder.replace(/\/$/, '');
  if (path === start || path === folder) return '';
  return path.startsWith(`${start}/`) ? path.slice(start.length + 1) : null;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}
