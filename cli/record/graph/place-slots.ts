import type { LayeredGraph, Link, Slot } from './layered-graph.ts';

/** Free height between two slots of a layer. */
const GAP = 10;
const SWEEPS = 8;

type Centres = Map<Slot, number>;

/**
 * The height at which the middle of each slot is, from 0 down: near the mean of its neighbours', so that arrows are short and level, and
 * no two in a layer closer than they may be.
 */
export function placeSlots(layers: LayeredGraph['layers'], links: readonly Link[]): ReadonlyMap<Slot, number> {
  const centres: Centres = new Map();
  for (const layer of layers) settle(layer, centres, () => 0);
  const before = Map.groupBy(links, ({ to }) => to);
  const after = Map.groupBy(links, ({ from }) => from);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const rightwards = sweep % 2 === 0;
    for (const layer of rightwards ? layers : layers.toReversed()) {
      settle(layer, centres, (slot) => {
        const near = rightwards ? before.get(slot)?.map(({ from }) => from) : after.get(slot)?.map(({ to }) => to);
        return near === undefined ? (centres.get(slot) ?? 0) : mean(near.map((other) => centres.get(other) ?? 0));
      });
    }
  }
  const top = Math.min(0, ...[...centres].map(([slot, centre]) => centre - slot.height / 2));
  return new Map([...centres].map(([slot, centre]) => [slot, centre - top]));
}

/** Gives each slot of `layer` the place nearest to what it wants, by least squares, that leaves the others theirs. */
function settle(layer: readonly Slot[], centres: Centres, wantedOf: (slot: Slot) => number): void {
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, slot] of layer.entries()) {
    const above = layer[index - 1];
    offset += above === undefined ? 0 : (above.height + slot.height) / 2 + GAP;
    offsets.push(offset);
  }
  const wanted = layer.map((slot, index) => wantedOf(slot) - (offsets[index] ?? 0));
  for (const [index, value] of neverFalling(wanted).entries()) {
    const slot = layer[index];
    if (slot !== undefined) centres.set(slot, value + (offsets[index] ?? 0));
  }
}

/** The sequence nearest to `values` in which none is less than the one before: pool adjacent violators (Ayer et al. 1955). */
export function neverFalling(values: readonly number[]): readonly number[] {
  const pools: { sum: number; count: number }[] = [];
  for (const value of values) {
    let pool = { sum: value, count: 1 };
    for (
      let last = pools.at(-1);
      last !== undefined && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
