import type { GraphEdge } from './graph-node.ts';

export interface CycleStep {
  readonly at: string;
  readonly edge: GraphEdge;
}

/** Each way that leads back to where it began, once: depth first, so one for every edge that closes one. */
export function findCycles(
  nodes: readonly { readonly at: string; readonly edges: readonly GraphEdge[] }[],
): readonly (readonly CycleStep[])[] {
  const edgesOf = new Map(nodes.map(({ at, edges }) => [at, edges]));
  const done = new Set<string>();
  const way: CycleStep[] = [];
  const cycles: (readonly CycleStep[])[] = [];
  const visit = (at: string): void => {
    if (done.has(at)) return;
    for (const edge of edgesOf.get(at) ?? []) {
      way.push({ at, edge });
      const begin = way.findIndex((step) => step.at === edge.to);
      if (begin < 0) visit(edge.to);
      else cycles.push(way.slice(begin));
      way.pop();
    }
    done.add(at);
  };
  for (const { at } of nodes) visit(at);
  return cycles;
}
