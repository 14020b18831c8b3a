import { posix } from 'node:path';

import { monotonicMs } from '../util/monotonic.ts';
import { hostPath } from './host-path.ts';
import { RuleFiles } from './rule-file.ts';
import { parseWorkspacePath } from './workspace-path.ts';
import type { WorkspacePath } from './workspace.ts';

/** At the workspace's root; the second counts where the first is missing. */
export const LAYER_IGNORE_FILES = ['.layerignore', '.dockerignore'] as const;

interface Pattern {
  readonly shows: boolean;
  /** Matches the path itself and everything below it. */
  readonly expression: RegExp;
  /** One for each component; null from the first `**` on. */
  readonly components: readonly (RegExp | null)[];
}

/** Rule files, by name. */
export interface RuleFolder<Rules> {
  /** Null where there is no such file. */
  read(name: string): Rules | null;
  /** Grows whenever one of them was seen to change. */
  epoch(): number;
}

/**
 * `.layerignore` at the workspace's root, or `.dockerignore` where there is none, with Docker's meaning
 * (github.com/moby/patternmatcher): patterns are anchored at the root, `*` and `?` stay within a component, `**` does not,
 * a pattern that matches a folder holds for all in it, the last pattern that matches wins, `!` lets in again.
 */
export class LayerIgnore {
  readonly #rules: RuleFolder<readonly Pattern[]>;
  readonly #lifetimeMs: number;
  #patterns: readonly Pattern[] = [];
  #untilMs = -Infinity;

  /** For `lifetimeMs` the rules are used without looking whether the file changed. */
  constructor(rules: RuleFolder<readonly Pattern[]>, lifetimeMs: number) {
    this.#rules = rules;
    this.#lifetimeMs = lifetimeMs;
  }

  /** The rules in the folder `root` of the host. */
  static inDirectory(root: string, lifetimeMs: number): LayerIgnore {
    const files = new RuleFiles(parsePatterns);
    const read = (name: string): readonly Pattern[] | null => files.read(hostPath(root, name as WorkspacePath));
    return new LayerIgnore({ read, epoch: () => files.epoch }, lifetimeMs);
  }

  /** Rules that never change; `read` gives the text (latin1) of the file of that name, null where there is none. */
  static fixed(read: (name: string) => string | null): LayerIgnore {
    const parse = (text: string | null): readonly Pattern[] | null => (text === null ? null : parsePatterns(text));
    return new LayerIgnore({ read: (name) => parse(read(name)), epoch: () => 0 }, Infinity);
  }

  /** What the file says of `path`; null where it says nothing. */
  verdict(path: WorkspacePath): 'shown' | 'hidden' | null {
    const last = this.#current().findLast(({ expression }) => expression.test(path));
    if (last === undefined) return null;
    return last.shows ? 'shown' : 'hidden';
  }

  /** Whether something below the folder `path` may be let in by a `!` pattern, so that the way there must be open. */
  mayShowBelow(path: WorkspacePath): boolean {
    return this.#current().some((pattern) => pattern.shows && leadsBelow(pattern.components, path.split('/')));
  }

  /** Changes whenever answers may have changed. */
  epoch(): number {
    this.#current();
    return this.#rules.epoch();
  }

  /** Looks at the file again. */
  forget(): void {
    this.#untilMs = -Infinity;
  }

  #current(): readonly Pattern[] {
    if (this.#untilMs === Infinity) return this.#patterns;
    const nowMs = monotonicMs();
    if (nowMs < this.#untilMs) return this.#patterns;
    this.#patterns = this.#rules.read(LAYER_IGNORE_FILES[0]) ?? this.#rules.read(LAYER_IGNORE_FILES[1]) ?? [];
    this.#untilMs = nowMs + this.#lifetimeMs;
    return this.#patterns;
  }
}

/** One pattern a line, `#` comments, `text` in latin1. Lines that name nothing inside the workspace are dropped. */
function parsePatterns(text: string): readonly Pattern[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => parsePattern(line.trim()));
}

function parsePattern(line: string): readonly Pattern[] {
  const shows = line.startsWith('!');
  const path = posix.normalize(`/${(shows ? line.slice(1) : line).trim()}`).replace(/^\/+|\/+$/g, '');
  if (path === '' || parseWorkspacePath(path) === null) return [];
  const expression = compile(path, '(?:/.*)?');
  return expression === null ? [] : [{ shows, expression, components: compileComponents(path) }];
}

function compileComponents(path: string): readonly (RegExp | null)[] {
  return path.split('/').map((component) => (component.includes('**') ? null : compile(component, '')));
}

function leadsBelow(pattern: readonly (RegExp | null)[], folder: readonly string[]): boolean {
  for (const [index, name] of folder.entries()) {
    const component = pattern[index];
    if (component === null) return true;
    if (component?.test(name) !== true) return false;
  }
  return pattern.length > folder.length;
}

const TOKEN = /\*\*\/?$|\*\*\/?|\*|\?|\[\^?[^\]/]+\]|\\.|[^]/g;

/** Null for a pattern that is no valid expression, such as `[z-a]`. */
function compile(pattern: string, suffix: string): RegExp | null {
  try {
    return new RegExp(`^${pattern.replace(TOKEN, translate)}${suffix}$`, 's');
  } catch {
    return null;
  }
}

function translate(token: string, offset: number, whole: string): string {
  if (token.startsWith('**')) return offset + token.length === whole.length ? '.*' : '(?:.*/)?';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('[')) return token.replaceAll('\\', '\\\\');
  const literal = token.length > 1 ? token.slice(1) : token;
  return literal.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
}
