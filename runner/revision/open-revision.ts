import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import {
  type DigestMemo,
  type GitCommit,
  openGitCommit,
  parseWorkspacePath,
  toPathBytes,
  toReadablePath,
  type Workspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { layerfileMissing, type LayerfileSource, SKIPPED_FOLDERS } from '../layerfile-source.ts';
import { requireRepository, resolveRevision } from './resolve-revision.ts';
import { type Revision, shownRevision } from './revision.ts';

/** A commit as what a run builds, in place of the files of a checkout. */
export interface OpenRevision extends Disposable {
  readonly revision: Revision;
  readonly workspace: Workspace;
  /** As `findLayerfiles`, in the commit. Throws `LAYERFILE_MISSING`, and `USAGE` for a path outside the repository. */
  findLayerfiles(paths: readonly string[], directory: string): readonly LayerfileSource[];
  /** The Layerfile at a path of the repository; null where there is none. */
  layerfileAt(path: string): LayerfileSource | null;
  /** That submodules are absent, of each once: those that were looked for since this was asked last. Null for none. */
  submoduleWarning(): string | null;
}

export interface RevisionOptions {
  readonly name: string;
  /** Absolute: the repository is the one that it is in. */
  readonly directory: string;
  /** The `LAYER_HOME` folder. */
  readonly home: string;
  readonly digestMemo: DigestMemo;
}

/** Throws `USAGE` where there is no such repository or commit. */
export async function openRevision({ name, directory, home, digestMemo }: RevisionOptions): Promise<OpenRevision> {
  const root = requireRepository(directory);
  const revision = resolveRevision(root, name);
  const { commit } = revision;
  const opened = await openGitCommit({ repository: root, commit, digestMemo, temporaryFolder: home });
  return new RevisionOfRepository(root, revision, opened);
}

class RevisionOfRepository implements OpenRevision {
  readonly revision: Revision;
  readonly #root: string;
  readonly #commit: GitCommit;
  readonly #told = new Set<WorkspacePath>();

  constructor(root: string, revision: Revision, commit: GitCommit) {
    this.revision = revision;
    this.#root = root;
    this.#commit = commit;
  }

  get workspace(): Workspace {
    return this.#commit.workspace;
  }

  findLayerfiles(paths: readonly string[], directory: string): readonly LayerfileSource[] {
    const files = paths.flatMap((typed) => this.#filesAt(resolve(directory, typed), typed));
    return [...new Set(files)].map((path) => this.#read(path));
  }

  layerfileAt(path: string): LayerfileSource | null {
    const found = parseWorkspacePath(toPathBytes(path));
    return found !== null && this.#commit.everything.entry(found)?.type === 'file' ? this.#read(found) : null;
  }

  submoduleWarning(): string | null {
    const fresh = this.#commit.submodules.filter((path) => !this.#told.has(path));
    for (const path of fresh) this.#told.add(path);
    if (fresh.length === 0) return null;
    const names = fresh.map(toReadablePath).join(', ');
    return `${fresh.length === 1 ? 'a submodule is' : 'submodules are'} absent with --rev: ${names}`;
  }

  #filesAt(absolute: string, typed: string): readonly WorkspacePath[] {
    const path = this.#pathOf(absolute, typed);
    const found = this.#commit.everything.entry(path);
    if (found?.type === 'file') return [path];
    const files = found?.type === 'folder' ? this.#commit.findFiles(path, 'Layerfile', SKIPPED_FOLDERS) : [];
    if (files.length > 0) return files;
    throw this.#missing(absolute, typed, found?.type ?? null);
  }

  #pathOf(absolute: string, typed: string): WorkspacePath {
    const path = parseWorkspacePath(toPathBytes(relative(this.#root, absolute)));
    if (path !== null) return path;
    throw new LayerError('USAGE', `${typed} is not in the repository ${this.#root}, whose commits --rev takes`, {
      hint: 'Name the other repository with -C DIR.',
    });
  }

  #missing(absolute: string, typed: string, found: string | null): LayerError {
    const at = `at ${shownRevision(this.revision)}`;
    const isHere = existsSync(found === 'folder' ? join(absolute, 'Layerfile') : absolute);
    const hint = isHere ? 'It is in your checkout: commit it, or run without --rev.' : undefined;
    if (found === 'symlink') return layerfileMissing(`${typed} is a symlink ${at}`, 'Name the file that it leads to.');
    if (found === 'folder') return layerfileMissing(`There is no Layerfile in ${typed} ${at}`, hint);
    return layerfileMissing(`${typed} does not exist ${at}`, hint);
  }

  #read(path: WorkspacePath): LayerfileSource {
    const { everything } = this.#commit;
    const bytes = everything.read(path, 0, everything.entry(path)?.sizeBytes ?? 0);
    return { workspaceRoot: this.#root, path: toReadablePath(path), text: bytes?.toString('utf8') ?? '' };
  }

  [Symbol.dispose](): void {
    this.#commit[Symbol.dispose]();
  }
}
