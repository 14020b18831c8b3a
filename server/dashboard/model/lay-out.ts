import { Graph, layout } from '@dagrejs/dagre';

import type { GraphEdge, RunGraph } from './run-graph.ts';

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 44;
const BETWEEN_ROWS = 14;
const BETWEEN_COLUMNS = 44;
const MARGIN = 4;

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** Top left corners, by key. */
  readonly places: ReadonlyMap<string, Point>;
  readonly arrows: readonly Arrow[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Arrow extends GraphEdge {
  /** For the `d` of an SVG path. */
  readonly path: string;
}

/** From left to right: what comes first stands left. */
export function layOut({ nodes, edges }: RunGraph): PlacedGraph {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: BETWEEN_ROWS, ranksep: BETWEEN_COLUMNS });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of nodes) graph.setNode(key, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const places = new Map(nodes.map(({ key }) => [key, topLeft(graph.node(key) as Point)] as const));
  putCopiesInOrder(nodes, places);
  const ways = edges.map((edge) => ({ edge, points: pointsOf(graph, edge, places) }));
  return inTheMiddle(places, ways);
}

interface Way {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
}

/** dagre's own margins count the nodes only: an arrow that goes round them all would be outside. */
function inTheMiddle(places: ReadonlyMap<string, Point>, ways: readonly Way[]): PlacedGraph {
  const corners = [...places.values()].flatMap(({ x, y }) => [
    { x, y },
    { x: x + NODE_WIDTH, y: y + NODE_HEIGHT },
  ]);
  const all = [...corners, ...ways.flatMap(({ points }) => points)];
  const [xs, ys] = [all.map(({ x }) => x), all.map(({ y }) => y)];
  const [left, top] = [Math.min(...xs, Infinity) - MARGIN, Math.min(...ys, Infinity) - MARGIN];
  const moved = ({ x, y }: Point): Point => ({ x: x - left, y: y - top });
  return {
    width: Math.max(...xs, left) + MARGIN - left,
    height: Math.max(...ys, top) + MARGIN - top,
    places: new Map([...places].map(([key, place]) => [key, moved(place)] as const)),
    arrows: ways.map(({ edge, points }) => ({ ...edge, path: curve(points.map(moved)) })),
  };
}

function topLeft({ x, y }: Point): Point {
  return { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) };
}

/** Copies of one Layerfile are alike to the layout; people look for the first one above. */
function putCopiesInOrder(nodes: RunGraph['nodes'], places: Map<string, Point>): void {
  const copies = Map.groupBy(
    nodes.filter(({ part }) => part.copy !== null),
    ({ part }) => part.layerfile,
  );
  for (const group of copies.values()) {
    const inOrder = group
      .flatMap(({ key }) => places.get(key) ?? [])
      .toSorted((one, other) => one.x - other.x || one.y - other.y);
    for (const [index, { key }] of group.entries()) places.set(key, inOrder[index] ?? { x: 0, y: 0 });
  }
}

/** From the middle of the one's right side to the middle of the other's left one, around what lies between. */
function pointsOf(graph: Graph, { from, to }: GraphEdge, places: ReadonlyMap<string, Point>): readonly Point[] {
  const [start, end] = [places.get(from), places.get(to)];
  if (start === undefined || end === undefined) return [];
  const { points = [] } = graph.edge(from, to) as { readonly points?: readonly Point[] };
  const middle = NODE_HEIGHT / 2;
  const [leaves, arrives] = [
    { x: start.x + NODE_WIDTH, y: start.y + middle },
    { x: end.x, y: end.y + middle },
  ];
  // Next to each other, the straight way is free; the layout's own first and last points are where it left and reached the boxes.
  const between = points.slice(1, -1).filter(({ x }) => x > leaves.x && x < arrives.x - BETWEEN_COLUMNS);
  return [leaves, ...between, arrives];
}

/** A smooth way through all points: each stretch leaves and arrives level. */
function curve(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  let from = first;
  const parts = others.map((to) => {
    const middle = (from.x + to.x) / 2;
    const part = `C${round(middle)} ${round(from.y)} ${round(middle)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
    from = to;
    return part;
  });
  return `M${round(first.x)} ${round(first.y)}${parts.join('')}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
