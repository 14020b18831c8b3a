import type { Layerfile, SourceRange } from '../../grammar/index.ts';
import type { GraphEdge } from './graph-node.ts';

export interface Reference {
  readonly kind: GraphEdge['kind'];
  readonly reference: string;
  readonly range: SourceRange;
}

/** FROM another Layerfile, and WAIT. */
export function referencesOf({ instructions }: Layerfile): readonly Reference[] {
  return instructions.flatMap((instruction): readonly Reference[] => {
    if (instruction.kind === 'FROM' && instruction.source.kind === 'layerfile')
      return [{ kind: 'FROM', reference: instruction.source.path, range: instruction.range }];
    if (instruction.kind !== 'WAIT') return [];
    return instruction.paths.map(({ text, range }) => ({ kind: 'WAIT', reference: text, range }));
  });
}
