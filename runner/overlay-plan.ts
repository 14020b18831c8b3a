import type { ViewMapping } from '../fs-tracer/index.ts';
import { OVERLAYS, ROOT_VIEW, WORKSPACE_MOUNT } from './guest-layout.ts';
import type { LineageState, OverlayMount } from './lineage-state.ts';

/** The files one COPY lays over one folder of the guest. */
export interface Placement {
  /** Absolute guest folder. */
  readonly target: string;
  /** `at` is relative to the target. */
  readonly mappings: readonly ViewMapping[];
}

/** What to tell the guest, in order. */
export interface OverlayChange {
  readonly unmount: readonly string[];
  readonly mount: readonly OverlayMount[];
}

export interface OverlayPlan extends OverlayChange {
  readonly overlays: readonly OverlayMount[];
  readonly overlayCount: number;
}

/**
 * Works out how a COPY becomes visible. Each target is one overlay: the copied files on top, then what was written or
 * copied there before, then the disk's own folder. The kernel allows two levels of stacking only, so overlays never lie
 * on overlays: where one is there already (at the target, or above it) it is made anew from all its layers with the new
 * files on top; one below the target is made anew over it, with the new files' part that falls into it on top.
 *
 * `addView` gives a set of mappings a place in the traced file system and returns its index.
 */
export function planOverlays(
  state: Pick<LineageState, 'overlays' | 'overlayCount'>,
  placement: Placement,
  addView: (mappings: readonly ViewMapping[]) => number,
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
    lowers: [`${WORKSPACE_MOUNT}/${addView(layers)}`, ...below],
    upper: `${OVERLAYS}/${++overlayCount}`,
  });
  const outer = renew(target, mappings, enclosing === undefined ? [`${ROOT_VIEW}${target}`] : layersOf(enclosing));
  const inner = inside.map((mount) => {
    const within = relativeTo(target, mount.target) ?? '';
    return renew(mount.target, mappingsWithin(mappings, within), layersOf(mount));
  });
  const unmount = [...inside, ...(enclosing === undefined ? [] : [enclosing])].map((mount) => mount.target);
  return { unmount, mount: [outer, ...inner], overlays: [...outside, outer, ...inner], overlayCount };
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

/** The path from `folder` to `path` ('' where they are equal); null where `path` is not in it. */
function relativeTo(folder: string, path: string): string | null {
  const start = folder === '/' ? '' : folder.replace(/\/$/, '');
  if (path === start || path === folder) return '';
  return path.startsWith(`${start}/`) ? path.slice(start.length + 1) : null;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}
