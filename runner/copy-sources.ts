import {
  type EntryType,
  type ObservedPath,
  parseWorkspacePath,
  toPathBytes,
  toReadablePath,
  type Workspace,
  type WorkspacePath,
} from '../fs-tracer/index.ts';
import { resolveReference, type Word } from '../grammar/index.ts';

export interface CopySource {
  readonly path: WorkspacePath;
  readonly type: EntryType;
}

/** The sources of a COPY, or the words that name nothing. */
export interface ResolvedSources {
  readonly sources: readonly CopySource[];
  readonly missing: readonly Word[];
}

/**
 * Finds what the sources of a COPY name now, and records each look as an observation: that a path is there (and of which
 * type) or is not, and the folders that a pattern lists. Nothing is read.
 */
export function resolveSources(
  layerfilePath: string,
  words: readonly Word[],
  workspace: Workspace,
  observe: (observed: ObservedPath) => void,
): ResolvedSources {
  return resolveFrom((text) => startOf(layerfilePath, text), words, workspace, observe);
}

/** The same for files named relative to the folder `root` of the workspace, which they cannot leave. */
export function resolveBelow(
  root: WorkspacePath,
  words: readonly Word[],
  workspace: Workspace,
  observe: (observed: ObservedPath) => void,
): ResolvedSources {
  const start = (text: string): readonly string[] | null => {
    const path = resolveReference('', text);
    if (path === undefined) return null;
    return [...root.split('/'), ...(path === '' ? [] : toPathBytes(path).split('/'))];
  };
  return resolveFrom(start, words, workspace, observe);
}

/** `start` says which path a word means, in components; null for none. */
function resolveFrom(
  start: (text: string) => readonly string[] | null,
  words: readonly Word[],
  workspace: Workspace,
  observe: (observed: ObservedPath) => void,
): ResolvedSources {
  const look = new Look(workspace, observe);
  const found = words.map((word) => {
    const parts = start(word.text);
    return { word, paths: parts === null ? [] : look.expand(parts) };
  });
  return {
    sources: found.flatMap(({ paths }) => paths),
    missing: found.filter(({ paths }) => paths.length === 0).map(({ word }) => word),
  };
}

/** The grammar has refused what leaves the workspace. */
function startOf(layerfilePath: string, reference: string): readonly string[] {
  const path = resolveReference(layerfilePath, reference) ?? '';
  return path === '' ? [] : toPathBytes(path).split('/');
}

class Look {
  readonly #workspace: Workspace;
  readonly #observe: (observed: ObservedPath) => void;

  constructor(workspace: Workspace, observe: (observed: ObservedPath) => void) {
    this.#workspace = workspace;
    this.#observe = observe;
  }

  expand(parts: readonly string[]): CopySource[] {
    return this.#below('' as WorkspacePath, parts);
  }

  #below(folder: WorkspacePath, parts: readonly string[]): CopySource[] {
    const [part, ...rest] = parts;
    if (part === undefined) return this.#at(folder);
    if (!/[*?[\\]/.test(part)) return this.#below(child(folder, part), rest);
    const pattern = patternOf(toReadablePath(part));
    this.#observe({ path: folder, kind: this.#workspace.entry(folder)?.type === 'folder' ? 'listing' : 'absent' });
    const names = (this.#workspace.list(folder) ?? []).filter(({ name }) => pattern.test(toReadablePath(name)));
    return names.flatMap(({ name }) => this.#below(child(folder, name), rest));
  }

  #at(path: WorkspacePath): CopySource[] {
    const entry = parseWorkspacePath(path) === null ? null : this.#workspace.entry(path);
    this.#observe({ path, kind: entry === null ? 'absent' : 'exists' });
    return entry === null ? [] : [{ path, type: entry.type }];
  }
}

function child(folder: WorkspacePath, name: string): WorkspacePath {
  return (folder === '' ? name : `${folder}/${name}`) as WorkspacePath;
}

/** Go's filepath.Match, as Dockerfiles have it: `*` and `?` stay within a name, `[a-z]` and `[^a-z]`, `\` escapes. */
export function patternOf(glob: string): RegExp {
  const source = glob.replaceAll(/\\(.)|\[(\^?)((?:\\.|[^\]])+)\]|([*?])|([.+^${}()|\\[\]/])/gs, (...found) => {
    const [, escaped, negated, set, wildcard, special] = found as (string | undefined)[];
    if (escaped !== undefined) return `\\u{${(escaped.codePointAt(0) ?? 0).toString(16)}}`;
    if (set !== undefined) return `[${negated ?? ''}${set.replaceAll('[', '\\[')}]`;
    if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.';
    return `\\${special ?? ''}`;
  });
  return new RegExp(`^${source}$`, 'su');
}
