import { type Diagnostic, type Layerfile, resolveReference } from '../../grammar/index.ts';
import { layerfileName } from '../layerfile-name.ts';
import { findCycles } from './find-cycles.ts';
import type { GraphEdge, GraphNode } from './graph-node.ts';
import { referencesOf } from './references.ts';
import { cycleFound, duplicateNames, missingLayerfile, splitParents } from './graph-findings.ts';
import { memoryFindings } from './memory-findings.ts';

/** `nodes`: parents and what is waited for before those that need them, else in the order of being asked for. */
export type LinkedLayerfiles =
  | { readonly kind: 'graph'; readonly nodes: readonly GraphNode[] }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

/**
 * Links Layerfiles by FROM and WAIT, with all that they need. `find` gives the valid Layerfile at a path of the workspace (a
 * file, or the folder that holds it), null where there is none. Everything that is wrong is found in one go.
 */
export function linkLayerfiles(
  asked: readonly Layerfile[],
  find: (path: string) => Layerfile | null,
): LinkedLayerfiles {
  const linker = new Linker(asked, find);
  for (const layerfile of asked) linker.add(layerfile);
  return linker.finish();
}

class Linker {
  readonly #asked: ReadonlySet<string>;
  readonly #find: (path: string) => Layerfile | null;
  readonly #nodes = new Map<string, GraphNode>();
  readonly #diagnostics: Diagnostic[] = [];

  constructor(asked: readonly Layerfile[], find: (path: string) => Layerfile | null) {
    this.#asked = new Set(asked.map(({ path }) => path));
    this.#find = find;
  }

  add(layerfile: Layerfile): void {
    if (this.#nodes.has(layerfile.path)) return;
    const edges: GraphEdge[] = [];
    const node = { layerfile, name: layerfileName(layerfile), edges, asked: this.#asked.has(layerfile.path) };
    this.#nodes.set(layerfile.path, node);
    for (const { kind, reference, range } of referencesOf(layerfile)) {
      const needed = this.#needed(layerfile.path, reference);
      if (needed === null) this.#diagnostics.push(missingLayerfile(layerfile.path, kind, reference, range));
      else edges.push({ kind, to: needed.path, range });
      if (needed !== null) this.add(needed);
    }
  }

  finish(): LinkedLayerfiles {
    const cycles = findCycles([...this.#nodes.values()].map(({ layerfile, edges }) => ({ at: layerfile.path, edges })));
    const diagnostics = [
      ...this.#diagnostics,
      ...cycles.map((cycle) => cycleFound(cycle)),
      ...duplicateNames([...this.#nodes.values()]),
      ...memoryFindings(this.#nodes),
      ...splitParents(this.#nodes),
    ];
    return diagnostics.length > 0 ? { kind: 'invalid', diagnostics } : { kind: 'graph', nodes: this.#inOrder() };
  }

  #needed(from: string, reference: string): Layerfile | null {
    const path = resolveReference(from, reference);
    return path === undefined ? null : this.#find(path);
  }

  #inOrder(): readonly GraphNode[] {
    const ordered = new Set<GraphNode>();
    const visit = (node: GraphNode | undefined): void => {
      if (node === undefined || ordered.has(node)) return;
      for (const { to } of node.edges) visit(this.#nodes.get(to));
      ordered.add(node);
    };
    for (const node of this.#nodes.values()) visit(node);
    return [...ordered];
  }
}
