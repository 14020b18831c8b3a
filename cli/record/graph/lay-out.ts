import { type Arrow, type Box, layeredGraph, type Slot } from './layered-graph.ts';
import { orderLayers } from './order-layers.ts';
import { placeSlots } from './place-slots.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Whole CSS pixels from the top left. */
export interface PlacedBox extends Box, Point {}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  /** In the order of the arrows: from the right side of one box to the left side of another, with a point on each side of each layer that they leave or pass. */
  readonly routes: readonly (readonly Point[])[];
}

/** Free width between two layers, for the arrows. */
const BETWEEN_LAYERS = 64;

/** Lays a graph without cycles out in layers from left to right. */
export function layOut(boxes: readonly Box[], arrows: readonly Arrow[]): Layout {
  const graph = layeredGraph(boxes, arrows);
  const layers = orderLayers(graph);
  const centres = placeSlots(layers, graph.links);
  const columns = columnsOf(layers);
  const placeOf = (slot: Slot): Place => {
    const { x, width } = columns.get(slot) ?? { x: 0, width: 0 };
    const right = x + (slot.box?.width ?? width);
    return { left: x, right, layerEnd: x + width, middle: Math.round(centres.get(slot) ?? 0) };
  };
  const slots = layers.flat();
  return {
    width: Math.max(0, ...slots.map((slot) => placeOf(slot).right)),
    height: Math.max(0, ...slots.map((slot) => placeOf(slot).middle + Math.ceil(slot.height / 2))),
    boxes: slots.flatMap((slot) => {
      const { left, middle } = placeOf(slot);
      return slot.box === null ? [] : [{ ...slot.box, x: left, y: middle - Math.floor(slot.height / 2) }];
    }),
    routes: graph.routes.map((route) => pointsOf(route.map(placeOf))),
  };
}

interface Place {
  readonly left: number;
  readonly right: number;
  /** Where the widest box of its layer ends: arrows leave the layer level, and behind no other box. */
  readonly layerEnd: number;
  readonly middle: number;
}

function pointsOf([first, ...others]: readonly Place[]): readonly Point[] {
  if (first === undefined) return [];
  const entries = others.flatMap(({ left, layerEnd, middle }) => [
    { x: left, y: middle },
    { x: layerEnd, y: middle },
  ]);
  // Less the far side of the box that it leads to.
  return [{ x: first.right, y: first.middle }, { x: first.layerEnd, y: first.middle }, ...entries.slice(0, -1)];
}

interface Column {
  readonly x: number;
  readonly width: number;
}

function columnsOf(layers: readonly (readonly Slot[])[]): ReadonlyMap<Slot, Column> {
  const columns = new Map<Slot, Column>();
  let x = 0;
  for (const layer of layers) {
    const width = Math.max(0, ...layer.map(({ box }) => box?.width ?? 0));
    for (const slot of layer) columns.set(slot, { x, width });
    x += width + BETWEEN_LAYERS;
  }
  return columns;
}
