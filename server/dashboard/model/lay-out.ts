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
  graph.setGraph({ rankdir: 'LR', nodesep: BETWEEN_ROWS, ranksep: BETWEEN_COLUMNS, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of nodes) graph.setNode(key, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const places = new Map(nodes.map(({ key }) => [key, topLeft(graph.node(key) as Point)] as const));
  const arrows = edges.map((edge) => ({ ...edge, path: curve(pointsOf(graph, edge)) }));
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  return { width, height, places, arrows };
}

function topLeft({ x, y }: Point): Point {
  return { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) };
}

function pointsOf(graph: Graph, { from, to }: GraphEdge): readonly Point[] {
  return (graph.edge(from, to) as { readonly points?: readonly Point[] }).points ?? [];
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
