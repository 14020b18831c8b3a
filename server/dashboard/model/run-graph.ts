import { printable } from '../words/printable.ts';
import type { PartView } from './part.ts';
import type { RunView } from './run-view.ts';

export interface GraphNode {
  readonly key: string;
  readonly label: string;
  readonly part: PartView;
}

/** `FROM`: goes on in that one's machine. `WAIT`: that one must have succeeded. `SPLIT`: from what stands above to a copy. */
export interface GraphEdge {
  readonly kind: 'FROM' | 'WAIT' | 'SPLIT';
  readonly from: string;
  readonly to: string;
}

export interface RunGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** `web`, and of a copy below its SPLIT `web copy 0`, as reports name it. */
export function partLabel({ name, copy }: Pick<PartView, 'name' | 'copy'>): string {
  return copy === null ? printable(name) : `${printable(name)} copy ${copy}`;
}

/** Each part is a node. Who needs a Layerfile that is split needs all of its copies. */
export function runGraph({ layerfiles }: RunView): RunGraph {
  const ends = new Map(
    layerfiles.map(({ layerfile, parts }) => [layerfile, parts.length > 1 ? parts.slice(1) : parts] as const),
  );
  const nodes = layerfiles.flatMap(({ parts }) =>
    parts.map((part) => ({ key: part.key, label: partLabel(part), part })),
  );
  const edges = layerfiles.flatMap(({ needs, parts }) => {
    const [trunk, ...copies] = parts;
    if (trunk === undefined) return [];
    const needed = needs.flatMap(({ kind, layerfile }) =>
      (ends.get(layerfile) ?? []).map((part): GraphEdge => ({ kind, from: part.key, to: trunk.key })),
    );
    return [...needed, ...copies.map((copy): GraphEdge => ({ kind: 'SPLIT', from: trunk.key, to: copy.key }))];
  });
  return { nodes, edges };
}
