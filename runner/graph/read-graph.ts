import { type Diagnostic, type Layerfile, resolveReference } from '../../grammar/index.ts';
import { formatAll, LayerfileInvalid, type LayerfileSource, parseCached, requireValid } from '../layerfile-source.ts';
import { type LinkedLayerfiles, linkLayerfiles } from './link-layerfiles.ts';
import type { SourcedNode } from './part.ts';
import { referencesOf } from './references.ts';

/** The Layerfile at a path of the workspace, null where there is none. */
export type ReadLayerfile = (workspaceRoot: string, path: string) => LayerfileSource | null;

interface Read {
  readonly source: LayerfileSource;
  readonly layerfile: Layerfile;
}

/** The graph of one workspace's Layerfiles, and where each was read. */
interface ReadWorkspace {
  readonly linked: LinkedLayerfiles;
  readonly known: ReadonlyMap<string, Read>;
}

/** A finding about the graph, with the text that it is about. */
export interface GraphFinding {
  readonly diagnostic: Diagnostic;
  readonly source: LayerfileSource;
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
  for (const { linked, known } of await readWorkspaces(asked, read, home)) {
    if (linked.kind === 'invalid') throw invalid(findingsIn({ linked, known }));
    nodes.push(...linked.nodes.map((node) => ({ ...node, source: sourceOf(known, node.layerfile.path) })));
  }
  return nodes;
}

/** What is wrong with the graph of valid Layerfiles. Throws as {@link readGraph} where one that they need is not valid. */
export async function findingsOfGraph(
  asked: readonly LayerfileSource[],
  read: ReadLayerfile,
  home: string,
): Promise<readonly GraphFinding[]> {
  return (await readWorkspaces(asked, read, home)).flatMap((workspace) => findingsIn(workspace));
}

async function readWorkspaces(
  asked: readonly LayerfileSource[],
  read: ReadLayerfile,
  home: string,
): Promise<readonly ReadWorkspace[]> {
  const workspaces: ReadWorkspace[] = [];
  for (const sources of Map.groupBy(asked, ({ workspaceRoot }) => workspaceRoot).values())
    workspaces.push(await readWorkspace(sources, read, home));
  return workspaces;
}

async function readWorkspace(
  asked: readonly LayerfileSource[],
  read: ReadLayerfile,
  home: string,
): Promise<ReadWorkspace> {
  const known = new Map<string, Read>();
  for (let wanted = asked; wanted.length > 0; ) {
    const fresh: Read[] = [];
    for (const source of wanted) fresh.push(await parse(source, home));
    for (const each of fresh) known.set(each.source.path, each);
    wanted = neededBy(fresh, known, read);
  }
  return { linked: link(asked, known), known };
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

function link(asked: readonly LayerfileSource[], known: ReadonlyMap<string, Read>): LinkedLayerfiles {
  const find = (path: string): Layerfile | null =>
    pathsOf(path)
      .map((each) => known.get(each)?.layerfile)
      .find((each) => each !== undefined) ?? null;
  return linkLayerfiles(
    asked.flatMap(({ path }) => known.get(path)?.layerfile ?? []),
    find,
  );
}

function findingsIn({ linked, known }: ReadWorkspace): readonly GraphFinding[] {
  if (linked.kind === 'graph') return [];
  return linked.diagnostics.map((diagnostic) => ({ diagnostic, source: sourceOf(known, diagnostic.path) }));
}

function invalid(findings: readonly GraphFinding[]): LayerfileInvalid {
  const texts = findings.map(({ diagnostic, source }) => formatAll(source, [diagnostic]));
  return new LayerfileInvalid(texts.join('\n\n'), findings.length);
}

function sourceOf(known: ReadonlyMap<string, Read>, path: string): LayerfileSource {
  const read = known.get(path);
  if (read === undefined) throw new Error(`Internal error: ${path} was linked but not read`);
  return read.source;
}
