import { join } from 'node:path';

import { type GitFolder, openGitFolder } from './git-folder.ts';
import { GitIgnore } from './git-ignore.ts';
import { LAYER_IGNORE_FILES, LayerIgnore } from './layer-ignore.ts';
import { TrackedFiles } from './tracked-files.ts';
import { baseName } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** Answers for paths whose parent folders are real and visible themselves. */
export interface Visibility {
  isVisible(path: WorkspacePath, isFolder: boolean): boolean;
  /** A string that changes whenever answers for the names in `folder` may have changed. */
  version(folder: WorkspacePath): string;
  /** What answers depend on, so that they can be remembered longer than this process lives. */
  basis(): VisibilityBasis;
  /** Looks at all rules again, however lately it did. */
  forget(): void;
}

/** As long as all of this is the same, and the rule file of every folder on the way, a path is visible or not as before. */
export interface VisibilityBasis {
  /** What kind of rules there are, and where. */
  readonly key: string;
  /** Files that hold rules for all paths: relative to the root, or absolute. They may be missing. */
  readonly files: readonly string[];
  /** The name of the file that holds rules for the folder that it is in; null where folders have none. */
  readonly folderFile: string | null;
  /** What git was asked; null where it is not asked. */
  readonly tracked: TrackedFiles | null;
}

/** Nothing is ignored. */
export const EVERYTHING_VISIBLE: Visibility = {
  isVisible: () => true,
  version: () => '',
  basis: () => ({ key: 'all', files: [], folderFile: null, tracked: null }),
  forget: () => undefined,
};

/**
 * What a push would bring, asked path by path and never by walking: in a git checkout the tracked files and the untracked
 * ones that git does not ignore, elsewhere everything; `.layerignore` takes away or lets in on top. `.git` is never visible.
 * For `lifetimeMs` rule files are not looked at again.
 */
export function openVisibility(root: string, lifetimeMs: number): Visibility {
  const layer = LayerIgnore.inDirectory(root, lifetimeMs);
  const git = openGitFolder(root);
  if (git === null) return new LayerVisibility(layer);
  return new GitVisibility({ git, layer, ignore: new GitIgnore(git, lifetimeMs), tracked: new TrackedFiles(git) });
}

/** Everything but what `.layerignore` takes away: where there is no git, or where all there is was committed. */
export class LayerVisibility implements Visibility {
  readonly #layer: LayerIgnore;

  constructor(layer: LayerIgnore) {
    this.#layer = layer;
  }

  isVisible(path: WorkspacePath, isFolder: boolean): boolean {
    if (baseName(path) === '.git') return false;
    return this.#layer.verdict(path) !== 'hidden' || (isFolder && this.#layer.mayShowBelow(path));
  }

  version(): string {
    return String(this.#layer.epoch());
  }

  basis(): VisibilityBasis {
    return { key: 'plain', files: LAYER_IGNORE_FILES, folderFile: null, tracked: null };
  }

  forget(): void {
    this.#layer.forget();
  }
}

interface GitParts {
  readonly git: GitFolder;
  readonly layer: LayerIgnore;
  readonly ignore: GitIgnore;
  readonly tracked: TrackedFiles;
}

class GitVisibility implements Visibility {
  readonly #git: GitFolder;
  readonly #layer: LayerIgnore;
  readonly #ignore: GitIgnore;
  readonly #tracked: TrackedFiles;

  constructor({ git, layer, ignore, tracked }: GitParts) {
    this.#git = git;
    this.#layer = layer;
    this.#ignore = ignore;
    this.#tracked = tracked;
  }

  isVisible(path: WorkspacePath, isFolder: boolean): boolean {
    if (baseName(path) === '.git') return false;
    const verdict = this.#layer.verdict(path);
    if (verdict === 'shown') return true;
    if (verdict === null && this.#isCommitted(path, isFolder)) return true;
    return isFolder && this.#layer.mayShowBelow(path);
  }

  version(folder: WorkspacePath): string {
    return `${this.#layer.epoch()}/${this.#ignore.epoch(folder)}/${this.#tracked.identity()}`;
  }

  basis(): VisibilityBasis {
    const { indexPath, commonPath } = this.#git;
    const excludesFile = this.#ignore.excludesFile();
    const files = [...LAYER_IGNORE_FILES, join(commonPath, 'info', 'exclude')];
    return {
      key: JSON.stringify(['git', indexPath, commonPath, excludesFile]),
      files: excludesFile === null ? files : [...files, excludesFile],
      folderFile: '.gitignore',
      tracked: this.#tracked,
    };
  }

  forget(): void {
    this.#layer.forget();
    this.#ignore.forget();
  }

  /** Whether git has or would add `path`. */
  #isCommitted(path: WorkspacePath, isFolder: boolean): boolean {
    return !this.#ignore.isIgnored(path, isFolder) || this.#tracked.holds(path);
  }
}
