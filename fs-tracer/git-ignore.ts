import { join } from 'node:path';

import ignore, { type Ignore } from 'ignore';

import { monotonicMs } from '../util/monotonic.ts';
import { findExcludesFile } from './excludes-file.ts';
import type { GitFolder } from './git-folder.ts';
import { type HostPath, hostPath } from './host-path.ts';
import { RuleFiles } from './rule-file.ts';
import { childPath, parentPath, pathBelow } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** The rules of one file, for paths below `base`. */
interface Matcher {
  readonly base: WorkspacePath;
  readonly rules: Ignore;
}

/** What decides about the names in one folder. */
interface FolderRules {
  /** True when the folder is ignored, and so everything in it. */
  readonly ignored: boolean;
  /** The nearest file's rules first: the first that says anything about a name decides. */
  readonly matchers: readonly Matcher[];
}

interface KeptRules extends FolderRules {
  readonly untilMs: number;
}

/**
 * Whether git ignores a path, asked path by path (gitignore(5)): core.excludesFile, then .git/info/exclude, then the
 * .gitignore of each folder on the way, later ones stronger; what lies in an ignored folder is ignored. Whether a path is
 * tracked all the same is not asked here.
 */
export class GitIgnore {
  readonly #git: GitFolder;
  readonly #lifetimeMs: number;
  readonly #files = new RuleFiles((text) => ignore({ ignorecase: false }).add(text));
  readonly #folders = new Map<WorkspacePath, KeptRules>();
  #excludesFile: string | null | undefined;

  /** For `lifetimeMs` a folder's rules are used without looking whether its rule files changed. */
  constructor(git: GitFolder, lifetimeMs: number) {
    this.#git = git;
    this.#lifetimeMs = lifetimeMs;
  }

  isIgnored(path: WorkspacePath, isFolder: boolean): boolean {
    const parent = parentPath(path);
    if (parent === null) return false;
    const { ignored, matchers } = this.#rulesIn(parent);
    return ignored || isMatched(matchers, path, isFolder);
  }

  /** Changes whenever answers about names in `folder` may have changed. */
  epoch(folder: WorkspacePath): number {
    this.#rulesIn(folder);
    return this.#files.epoch;
  }

  /** The file that core.excludesFile names; null where there is none. */
  excludesFile(): string | null {
    this.#excludesFile ??= findExcludesFile(this.#git);
    return this.#excludesFile;
  }

  /** Looks at every rule file again. */
  forget(): void {
    this.#folders.clear();
  }

  #rulesIn(folder: WorkspacePath): FolderRules {
    const kept = this.#folders.get(folder);
    const nowMs = monotonicMs();
    if (kept !== undefined && nowMs < kept.untilMs) return kept;
    const rules = { ...this.#collect(folder), untilMs: nowMs + this.#lifetimeMs };
    this.#folders.set(folder, rules);
    return rules;
  }

  #collect(folder: WorkspacePath): FolderRules {
    const parent = parentPath(folder);
    if (parent === null) return { ignored: false, matchers: this.#rootMatchers(folder) };
    const outer = this.#rulesIn(parent);
    if (outer.ignored || isMatched(outer.matchers, folder, true)) return { ignored: true, matchers: [] };
    const inherited = outer.matchers.map((matcher) => withFolderIncluded(matcher, folder));
    return {
      ignored: false,
      matchers: [...this.#matcher(folder, hostPath(this.#git.root, childPath(folder, '.gitignore'))), ...inherited],
    };
  }

  #rootMatchers(root: WorkspacePath): readonly Matcher[] {
    const excludesFile = this.excludesFile();
    return [
      ...this.#matcher(root, join(this.#git.root, '.gitignore')),
      ...this.#matcher(root, join(this.#git.commonPath, 'info', 'exclude')),
      ...(excludesFile === null ? [] : this.#matcher(root, excludesFile)),
    ];
  }

  #matcher(base: WorkspacePath, file: HostPath): readonly Matcher[] {
    const rules = this.#files.read(file);
    return rules === null ? [] : [{ base, rules }];
  }
}

function isMatched(matchers: readonly Matcher[], path: WorkspacePath, isFolder: boolean): boolean {
  for (const { base, rules } of matchers) {
    const { ignored, unignored } = rules.test(asked(base, path, isFolder));
    if (ignored || unignored) return ignored;
  }
  return false;
}

/** A path as the library wants it: relative to the rules' folder, with a slash at the end of a folder. */
function asked(base: WorkspacePath, path: WorkspacePath, isFolder: boolean): string {
  return `${pathBelow(base, path) ?? path}${isFolder ? '/' : ''}`;
}

/**
 * The library takes what lies in a folder that its rules ignore as ignored. Where stronger rules have included that folder
 * again, git does not: so include it by name, which changes nothing for the names in it.
 */
function withFolderIncluded(matcher: Matcher, folder: WorkspacePath): Matcher {
  const path = asked(matcher.base, folder, true);
  if (!matcher.rules.test(path).ignored) return matcher;
  const pattern = path.replace(/[\\*?[\] ]/g, '\\$&');
  return {
    base: matcher.base,
    rules: ignore({ ignorecase: false })
      .add(matcher.rules)
      .add([`!/${pattern}`]),
  };
}
