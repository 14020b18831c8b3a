import type { Layerfile } from '../../grammar/index.ts';
import type { BuildNeed } from '../build-event.ts';
import type { LayerfileSource } from '../layerfile-source.ts';
import { type Step, stepsOf } from '../step.ts';
import type { GraphNode } from './graph-node.ts';
import type { SplitCopy } from './split-copy.ts';

/**
 * What one machine does on its way: a Layerfile, or where it has a SPLIT what stands above it (SPLIT included), and one part
 * for each copy of what stands below.
 */
export interface Part {
  readonly source: LayerfileSource;
  readonly layerfile: Layerfile;
  readonly steps: readonly Step[];
  /** Null but for what stands below a SPLIT. */
  readonly copy: SplitCopy | null;
  /** The part whose end this one goes on from; null where FROM names an image. */
  readonly from: Part | null;
  /** What must have succeeded before, `from` included. */
  readonly needs: readonly Part[];
  /** Whether others go on from its end. */
  readonly isParent: boolean;
  /** The Layerfiles whose steps are in its machine, from the image's on; the part's own is the last. */
  readonly lineage: readonly Layerfile[];
}

/** A node with where it was read. */
export interface SourcedNode extends GraphNode {
  readonly source: LayerfileSource;
}

/** The parts of all nodes, each after those that it needs; `nodes` come in such an order. */
export function partsOf(nodes: readonly SourcedNode[]): readonly Part[] {
  const ends = new Map<string, readonly Part[]>();
  const parents = new Set(
    nodes.flatMap(({ edges }) => edges.filter(({ kind }) => kind === 'FROM').map(({ to }) => to)),
  );
  return nodes.flatMap((node) => {
    const { path } = node.layerfile;
    const parts = partsOfNode(node, ends, parents.has(path));
    ends.set(path, parts);
    return parts;
  });
}

function partsOfNode(
  { layerfile, source, edges }: SourcedNode,
  ends: ReadonlyMap<string, readonly Part[]>,
  hasChildren: boolean,
): readonly Part[] {
  const steps = stepsOf(layerfile);
  const split = steps.find(({ instruction }) => instruction.kind === 'SPLIT');
  const parent = edges.find(({ kind }) => kind === 'FROM');
  const from = parent === undefined ? null : (ends.get(parent.to)?.at(-1) ?? null);
  const common = { source, layerfile, lineage: [...(from?.lineage ?? []), layerfile] };
  const above: Part = {
    ...common,
    steps: split === undefined ? steps : steps.slice(0, steps.indexOf(split) + 1),
    copy: null,
    from,
    needs: [...new Set(edges.flatMap(({ to }) => ends.get(to) ?? []))],
    isParent: hasChildren || split !== undefined,
  };
  if (split?.instruction.kind !== 'SPLIT') return [above];
  const { copies, ordered } = split.instruction;
  const below = steps.slice(above.steps.length);
  if (below.length === 0) return [above];
  const copyOf = (index: number): Part => {
    const copy = { index, copies, ordered };
    return { ...common, steps: below, copy, from: above, needs: [above], isParent: false };
  };
  return [above, ...Array.from({ length: copies }, (_, index) => copyOf(index))];
}

/** What the `build` event of a node says of the graph. */
export function graphFacts({ layerfile, edges }: GraphNode): {
  readonly needs?: readonly BuildNeed[];
  readonly split?: { readonly step: number; readonly copies: number };
} {
  const needs = edges.map(({ kind, to }) => ({ kind, layerfile: to }));
  const split = stepsOf(layerfile).find(({ instruction }) => instruction.kind === 'SPLIT');
  const copies = split?.instruction.kind === 'SPLIT' ? split.instruction.copies : 0;
  return {
    ...(needs.length === 0 ? {} : { needs }),
    ...(split === undefined ? {} : { split: { step: split.number, copies } }),
  };
}
