import { type Layerfile, resolveReference } from '../../grammar/index.ts';
import { formatAll, LayerfileInvalid, type LayerfileSource, parseCached, requireValid } from '../layerfile-source.ts';
import { linkLayerfiles, referencesOf } from './link-layerfiles.ts';
import type { SourcedNode } from './part.ts';

/** The Layerfile at a path of the workspace, null where there is none. */
export type ReadLayerfile = (workspaceRoot: string, path: string) => LayerfileSource | null;

interface Read {
  readonly source: LayerfileSource;
  readonly layerfile: Layerfile;
}

/**
 * The graph of the Layerfiles `asked` for and of all that they need, those that are needed first. Workspaces have nothing to
 * do with each other. Throws {@link LayerfileInvalid} with everything that is wrong in one of them, or with their graph.
 */
export async function readGraph(
  asked: readonly LayerfileSource[],
  read: ReadLayerfile,
  home: string,
): Promise<readonly SourcedNode[]> {
  const nodes: SourcedNode[] = [];
  for (const sources of Map.groupBy(asked, ({ workspaceRoot }) => workspaceRoot).values())
    nodes.push(...(await readWorkspace(sources, read, home)));
  return nodes;
}

async function readWorkspace(
  asked: readonly LayerfileSource[],
  read: ReadLayerfile,
  home: string,
): Promise<readonly SourcedNode[]> {
  const known = new Map<string, Read>();
  for (let wanted = asked; wanted.length > 0; ) {
    const fresh: Read[] = [];
    for (const source of wanted) fresh.push(await parse(source, home));
    for (const each of fresh) known.set(each.source.path, each);
    wanted = neededBy(fresh, known, read);
  }
  return link(asked, known);
}

async function parse(source: LayerfileSource, home: string): Promise<Read> {
  return { source, layerfile: requireValid(source, await parseCached(source, home)) };
}

/** Those that were not read yet, each once. */
function neededBy(parsed: readonly Read[], known: ReadonlyMap<string, Read>, read: ReadLayerfile): LayerfileSource[] {
  const needed = new Map<string, LayerfileSource>();
  for (const { source, layerfile } of parsed) {
    for (const { reference } of referencesOf(layerfile)) {
      const path = resolveReference(layerfile.path, reference);
      if (path === undefined || pathsOf(path).some((each) => known.has(each) || needed.has(each))) continue;
      const [found] = pathsOf(path).flatMap((each) => read(source.workspaceRoot, each) ?? []);
      if (found !== undefined) needed.set(found.path, found);
    }
  }
  return [...needed.values()];
}

/** A reference names the file, or the folder that holds it. */
function pathsOf(path: string): readonly string[] {
  return [path === '' ? 'Layerfile' : `${path}/Layerfile`, ...(path === '' ? [] : [path])];
}

function link(asked: readonly LayerfileSource[], known: ReadonlyMap<string, Read>): readonly SourcedNode[] {
  const find = (path: string): Layerfile | null =>
    pathsOf(path)
      .map((each) => known.get(each)?.layerfile)
      .find((each) => each !== undefined) ?? null;
  const wanted = asked.flatMap(({ path }) => known.get(path)?.layerfile ?? []);
  const linked = linkLayerfiles(wanted, find);
  if (linked.kind === 'graph')
    return linked.nodes.map((node) => ({ ...node, source: sourceOf(known, node.layerfile) }));
  const texts = linked.diagnostics.map((finding) => {
    const source = known.get(finding.path)?.source;
    return source === undefined ? finding.message : formatAll(source, [finding]);
  });
  throw new LayerfileInvalid(texts.join('\n\n'), linked.diagnostics.length);
}

function sourceOf(known: ReadonlyMap<string, Read>, { path }: Layerfile): LayerfileSource {
  const read = known.get(path);
  if (read === undefined) throw new Error(`Internal error: ${path} was linked but not read`);
  return read.source;
}
