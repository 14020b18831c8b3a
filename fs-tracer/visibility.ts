import { openGitFolder } from './git-folder.ts';
import { GitIgnore } from './git-ignore.ts';
import { LayerIgnore } from './layer-ignore.ts';
import { TrackedFiles } from './tracked-files.ts';
import { baseName } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** Answers for paths whose parent folders are real and visible themselves. */
export interface Visibility {
  isVisible(path: WorkspacePath, isFolder: boolean): boolean;
  /** A string that changes whenever answers for the names in `folder` may have changed. */
  version(folder: WorkspacePath): string;
}

/** Nothing is ignored. */
export const EVERYTHING_VISIBLE: Visibility = { isVisible: () => true, version: () => '' };

/**
 * What a push would bring, asked path by path and never by walking: in a git checkout the tracked files and the untracked
 * ones that git does not ignore, elsewhere everything; `.layerignore` takes away or lets in on top. `.git` is never visible.
 * For `lifetimeMs` rule files are not looked at again.
 */
export function openVisibility(root: string, lifetimeMs: number): Visibility {
  const layer = LayerIgnore.inDirectory(root, lifetimeMs);
  const git = openGitFolder(root);
  if (git === null) return new LayerVisibility(layer);
  return new GitVisibility(layer, new GitIgnore(git, lifetimeMs), new TrackedFiles(git));
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
}

class GitVisibility implements Visibility {
  readonly #layer: LayerIgnore;
  readonly #ignore: GitIgnore;
  readonly #tracked: TrackedFiles;

  constructor(layer: LayerIgnore, gitIgnore: GitIgnore, tracked: TrackedFiles) {
    this.#layer = layer;
    this.#ignore = gitIgnore;
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

  /** Whether git has or would add `path`. */
  #isCommitted(path: WorkspacePath, isFolder: boolean): boolean {
    return !this.#ignore.isIgnored(path, isFolder) || this.#tracked.holds(path);
  }
}
