import type { Diagnostic, Layerfile, RelatedPlace, SourceRange } from '../../grammar/index.ts';
import type { CycleStep } from './find-cycles.ts';
import type { GraphEdge, GraphNode } from './graph-node.ts';

/** `reference` leads nowhere. */
export function missingLayerfile(
  path: string,
  kind: GraphEdge['kind'],
  reference: string,
  range: SourceRange,
): Diagnostic {
  return {
    ...{ severity: 'error', code: 'layerfile-missing', path, range },
    message: `${kind} ${reference} leads to no Layerfile of this workspace`,
    hint: 'Name the folder of another Layerfile, like `../base`, or its path from the workspace root, like `/base`.',
  };
}

export function cycleFound(cycle: readonly CycleStep[]): Diagnostic {
  const [first, ...others] = cycle;
  if (first === undefined) throw new Error('Internal error: a cycle of nothing');
  const related = others.map(({ at, edge }): RelatedPlace => {
    return { path: at, range: edge.range, message: `which needs ${edge.to} here` };
  });
  const way = [...cycle.map(({ at }) => at), first.at].join(' -> ');
  return {
    ...{ severity: 'error', code: 'graph-cycle', path: first.at, range: first.edge.range, related },
    message: `these Layerfiles need each other, so none can be first: ${way}`,
    hint: 'Take one of these FROM or WAIT lines out.',
  };
}

export function duplicateNames(nodes: readonly GraphNode[]): Diagnostic[] {
  const owners = new Map<string, GraphNode>();
  return nodes.flatMap((node) => {
    const owner = owners.get(node.name);
    owners.set(node.name, owner ?? node);
    return owner === undefined ? [] : [sameName(node, owner)];
  });
}

function sameName({ layerfile, name }: GraphNode, owner: GraphNode): Diagnostic {
  const related = [{ path: owner.layerfile.path, range: placeOfName(owner.layerfile), message: 'this one has it' }];
  return {
    ...{ severity: 'error', code: 'name-duplicate', path: layerfile.path, range: placeOfName(layerfile), related },
    message: `two Layerfiles are called ${name}`,
    hint: 'Give one of them a name with `LABEL display_name=NAME`.',
  };
}

function placeOfName({ instructions }: Layerfile): SourceRange {
  const labels = instructions.flatMap((instruction) => (instruction.kind === 'LABEL' ? instruction.labels : []));
  const range = labels.find(({ key }) => key === 'display_name')?.range ?? instructions[0]?.range;
  if (range === undefined) throw new Error('Internal error: a valid Layerfile without instructions');
  return range;
}
