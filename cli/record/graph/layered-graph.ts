/** What is to be laid out: a box of a given size, by an id of its own. */
export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** `to` comes after `from`, to the right of it. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** A box, or a place through which an arrow passes a layer that neither of its ends is in. */
export interface Slot {
  /** Null for a place that an arrow passes. */
  readonly box: Box | null;
  readonly height: number;
}

/** A stretch of an arrow between neighbouring layers. */
export interface Link {
  readonly from: Slot;
  readonly to: Slot;
}

export interface LayeredGraph {
  /** Slots from left to right, and from top to bottom. */
  readonly layers: readonly (readonly Slot[])[];
  readonly links: readonly Link[];
  /** The slots of each arrow, its ends included; in the order of the arrows. */
  readonly routes: readonly (readonly Slot[])[];
}

/** The height that is kept free where an arrow passes a layer. */
const PASSAGE = 8;

/** Puts each box in the first layer that is to the right of all it comes after. `arrows` have no cycle. */
export function layeredGraph(boxes: readonly Box[], arrows: readonly Arrow[]): LayeredGraph {
  const ranks = ranksOf(boxes, arrows);
  const slots = new Map(boxes.map((box) => [box.id, { box, height: box.height }]));
  const layers: Slot[][] = Array.from({ length: Math.max(0, ...ranks.values()) + 1 }, () => []);
  for (const [id, slot] of slots) layers[ranks.get(id) ?? 0]?.push(slot);
  const routes = arrows.flatMap(({ from, to }): (readonly Slot[])[] => {
    const [tail, head] = [slots.get(from), slots.get(to)];
    if (tail === undefined || head === undefined) return [];
    const passed = layers.slice((ranks.get(from) ?? 0) + 1, ranks.get(to) ?? 0);
    return [[tail, ...passed.map(passage), head]];
  });
  return { layers, routes, links: routes.flatMap(linksOf) };
}

function passage(layer: Slot[]): Slot {
  const slot = { box: null, height: PASSAGE };
  layer.push(slot);
  return slot;
}

function linksOf(route: readonly Slot[]): readonly Link[] {
  return route.slice(1).flatMap((to, index) => {
    const from = route[index];
    return from === undefined ? [] : [{ from, to }];
  });
}

function ranksOf(boxes: readonly Box[], arrows: readonly Arrow[]): ReadonlyMap<string, number> {
  const before = Map.groupBy(arrows, ({ to }) => to);
  const ranks = new Map<string, number>();
  const rankOf = (id: string): number => {
    const known = ranks.get(id);
    if (known !== undefined) return known;
    // So that a cycle, which nobody may make, ends here.
    ranks.set(id, 0);
    const rank = Math.max(-1, ...(before.get(id) ?? []).map(({ from }) => rankOf(from))) + 1;
    ranks.set(id, rank);
    return rank;
  };
  for (const { id } of boxes) rankOf(id);
  return ranks;
}
