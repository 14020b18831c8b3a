import type { LayeredGraph, Link, Slot } from './layered-graph.ts';

/** More of them hardly ever find anything better. */
const SWEEPS = 12;

type Layers = readonly (readonly Slot[])[];

/**
 * Orders the slots of each layer so that few arrows cross: layer by layer, each slot is put at the mean of its neighbours'
 * places in the layer before (Sugiyama, Tagawa, Toda 1981), to the right and to the left by turns; the best is kept.
 */
export function orderLayers({ layers, links }: LayeredGraph): Layers {
  let best: Layers = layers;
  let fewest = crossings(best, links);
  let current = best;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    current = sweep % 2 === 0 ? swept(current, links, 'from') : swept(current.toReversed(), links, 'to').toReversed();
    const count = crossings(current, links);
    if (count >= fewest) continue;
    [best, fewest] = [current, count];
  }
  return best;
}

/** How many pairs of links cross. */
export function crossings(layers: Layers, links: readonly Link[]): number {
  const place = placesOf(layers);
  const byLayer = Map.groupBy(links, ({ from }) => layers.findIndex((layer) => layer.includes(from)));
  return [...byLayer.values()].reduce((sum, between) => {
    const ends = between
      .map(({ from, to }) => [place.get(from) ?? 0, place.get(to) ?? 0] as const)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .map(([, to]) => to);
    return sum + inversions(ends);
  }, 0);
}

function inversions(values: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + values.slice(0, index).filter((other) => other > value).length, 0);
}

function swept(layers: Layers, links: readonly Link[], side: 'from' | 'to'): Layers {
  const neighbours = Map.groupBy(links, (link) => (side === 'from' ? link.to : link.from));
  const place = placesOf(layers.slice(0, 1));
  return layers.map((layer, index) => {
    const wanted = new Map(
      layer.map((slot, own) => {
        const places = (neighbours.get(slot) ?? []).map((link) => place.get(link[side]) ?? 0);
        return [slot, places.length === 0 ? own : mean(places)];
      }),
    );
    const ordered = index === 0 ? layer : [...layer].sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
    for (const [at, slot] of ordered.entries()) place.set(slot, at);
    return ordered;
  });
}

function placesOf(layers: Layers): Map<Slot, number> {
  return new Map(layers.flatMap((layer) => layer.map((slot, index) => [slot, index] as const)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
