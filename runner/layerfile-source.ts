import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

import {
  formatDiagnostic,
  GRAMMAR_VERSION,
  type Layerfile,
  parseLayerfile,
  type ParseResult,
} from '../grammar/index.ts';
import { decodeChecked, encodeChecked } from '../util/checked-json.ts';
import { noteGround } from '../util/grounds.ts';
import { LayerError } from '../util/layer-error.ts';
import { quickHash } from '../util/quick-hash.ts';
import { findWorkspaceRoot } from '../util/workspace-root.ts';

/** A Layerfile on disk, in the workspace it belongs to. */
export interface LayerfileSource {
  readonly workspaceRoot: string;
  /** Relative to the workspace root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A Layerfile with errors. `diagnosticsText` is ready to print: every finding with its line and squiggle. */
export class LayerfileInvalid extends LayerError {
  readonly diagnosticsText: string;
  readonly count: number;

  constructor(diagnosticsText: string, count: number) {
    super('LAYERFILE_INVALID', `${count} ${count === 1 ? 'error' : 'errors'} in the Layerfile`);
    this.diagnosticsText = diagnosticsText;
    this.count = count;
  }
}

/** Folders that are never searched for Layerfiles. */
export const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/** The Layerfiles that `paths` (files, or folders searched downwards) name, in a stable order. */
export function findLayerfiles(
  paths: readonly string[],
  directory: string,
  search: (folder: string) => readonly string[] = (folder) => searchFolder(folder),
): LayerfileSource[] {
  const files = paths.flatMap((path) => filesAt(resolve(directory, path), path, search));
  return [...new Set(files)].map(readSource);
}

function filesAt(absolute: string, asTyped: string, search: (folder: string) => readonly string[]): readonly string[] {
  noteGround(absolute, 'kind');
  const found = statSync(absolute, { throwIfNoEntry: false });
  if (found?.isFile() === true) return [absolute];
  const files = found?.isDirectory() === true ? search(absolute) : [];
  if (files.length > 0) return files;
  throw layerfileMissing(found === undefined ? `${asTyped} does not exist` : `There is no Layerfile in ${asTyped}`);
}

export function layerfileMissing(what: string, hint = NAME_ONE): LayerError {
  return new LayerError('LAYERFILE_MISSING', what, { hint });
}

const NAME_ONE = 'Name a Layerfile, or a folder that holds one. The smallest one is the line `FROM vm/debian:12`.';

/** What a search for Layerfiles takes from a folder: whether it holds one, and the folders to go on in, sorted. */
export interface SearchedFolder {
  readonly hasLayerfile: boolean;
  readonly folders: readonly string[];
}

export function readFolder(folder: string): SearchedFolder {
  const entries = readdirSync(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name));
  return {
    hasLayerfile: entries.some((entry) => entry.isFile() && entry.name === 'Layerfile'),
    folders: below.map(({ name }) => name).sort(),
  };
}

/** The Layerfiles in `folder` and below, a folder's own before those below it. */
export function searchFolder(folder: string, read: (folder: string) => SearchedFolder = readFolder): string[] {
  const { hasLayerfile, folders } = read(folder);
  const below = folders.flatMap((name) => searchFolder(join(folder, name), read));
  return hasLayerfile ? [join(folder, 'Layerfile'), ...below] : below;
}

/** The Layerfile at a path of a workspace; null where there is no file, or nothing that may be read. */
export function readLayerfile(workspaceRoot: string, path: string): LayerfileSource | null {
  const file = join(workspaceRoot, path);
  noteGround(file);
  try {
    return statSync(file).isFile() ? { workspaceRoot, path, text: readFileSync(file, 'utf8') } : null;
  } catch {
    return null;
  }
}

function readSource(file: string): LayerfileSource {
  noteGround(file);
  return sourceAt(file, readFileSync(file, 'utf8'));
}

/** The Layerfile `text` at `file` (absolute), where there may be another one, or none. */
export function sourceAt(file: string, text: string): LayerfileSource {
  const workspaceRoot = findWorkspaceRoot(dirname(file));
  return { workspaceRoot, path: relative(workspaceRoot, file), text };
}

/**
 * Parses a Layerfile, remembering the result in `home/parsed/` with what was parsed and the grammar's version: loading
 * the parser takes longer than everything else an unchanged run does. What a Layerfile means depends on nothing else.
 */
export async function parseCached(source: LayerfileSource, home: string): Promise<ParseResult> {
  const parsed = `${GRAMMAR_VERSION}\0${source.path}\0${source.text}`;
  // Hashing all of it in JavaScript takes milliseconds where V8 has compiled nothing yet: what has the same name is told apart by its text.
  const file = join(home, 'parsed', quickHash(`${GRAMMAR_VERSION}\0${source.path}\0${source.text.length}`));
  const remembered = recall(file);
  if (remembered?.parsed === parsed) return remembered.result;
  const result = await parseLayerfile(source.text, source.path);
  remember(file, encodeChecked({ parsed, result } satisfies ParseMemo));
  return result;
}

interface ParseMemo {
  /** The grammar's version, path and text, between NULs. */
  readonly parsed: string;
  readonly result: ParseResult;
}

/** `null` where there is none that can be read. */
function recall(file: string): ParseMemo | null {
  try {
    return (decodeChecked(readFileSync(file, 'utf8')) ?? null) as ParseMemo | null;
  } catch {
    return null;
  }
}

/** The Layerfile when it has no errors; throws {@link LayerfileInvalid} with all findings otherwise. */
export function requireValid(source: LayerfileSource, { layerfile, diagnostics }: ParseResult): Layerfile {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) return layerfile;
  throw new LayerfileInvalid(formatAll(source, diagnostics), errors);
}

export function formatAll(source: LayerfileSource, diagnostics: ParseResult['diagnostics']): string {
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, source.text)).join('\n\n');
}

/** A name for people: the last two parent folders, or `main-layerfile` at the root (layerfile.md, "Graph"). */
export function defaultName(path: string): string {
  const folders = dirname(path)
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  return folders.length === 0 ? 'main-layerfile' : folders.slice(-2).join('-');
}

function remember(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, join(dirname(file), basename(file)));
  } catch {
    // A memo only: what cannot be remembered is parsed again.
  }
}
