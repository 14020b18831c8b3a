import type { Layerfile, SourceRange } from '../../grammar/index.ts';

/** Why one Layerfile comes after another, and where it says so. */
export interface GraphEdge {
  readonly kind: 'FROM' | 'WAIT';
  /** Path of the Layerfile that must be done first. */
  readonly to: string;
  readonly range: SourceRange;
}

export interface GraphNode {
  readonly layerfile: Layerfile;
  /** Unique: LABEL display_name, else the last two folders. */
  readonly name: string;
  readonly edges: readonly GraphEdge[];
  /** False for one that is there only because one that was asked for needs it. */
  readonly asked: boolean;
}
