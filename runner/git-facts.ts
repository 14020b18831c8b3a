import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What git says of a checkout, each asked once and only where it is wanted; undefined where git has no answer. */
export class GitFacts {
  readonly #root: string;
  readonly #answers = new Map<string, string | undefined>();

  /** `root`: of the workspace. One that is no checkout has no facts, whatever checkout it lies in. */
  constructor(root: string) {
    this.#root = root;
  }

  get tag(): string | undefined {
    return this.#ask('describe', '--always');
  }

  get commit(): string | undefined {
    return this.#ask('rev-parse', '--verify', '--quiet', 'HEAD');
  }

  get commitTitle(): string | undefined {
    return this.#ask('log', '-1', '--no-show-signature', '--format=%s');
  }

  /** Of a detached head none: a CI server says it with `--build-env`. */
  get branch(): string | undefined {
    return this.#ask('symbolic-ref', '--short', '--quiet', 'HEAD');
  }

  get repositoryName(): string | undefined {
    if (!this.#isCheckout) return undefined;
    return parseRemote(this.#origin)?.name ?? basename(this.#root);
  }

  get repositoryOwner(): string | undefined {
    return parseRemote(this.#origin)?.owner;
  }

  get #isCheckout(): boolean {
    return existsSync(join(this.#root, '.git'));
  }

  get #origin(): string | undefined {
    return this.#ask('config', '--get', 'remote.origin.url');
  }

  #ask(...question: readonly string[]): string | undefined {
    const key = question.join(' ');
    if (!this.#answers.has(key)) this.#answers.set(key, this.#answer(question));
    return this.#answers.get(key);
  }

  #answer(question: readonly string[]): string | undefined {
    if (!this.#isCheckout) return undefined;
    try {
      const answer = execFileSync('git', question, {
        cwd: this.#root,
        encoding: 'utf8',
        env: withoutGitPlaces(process.env),
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return answer.replace(/\n$/, '') || undefined;
    } catch {
      // No commit yet, a detached head, no remote, no git: there is nothing to say.
      return undefined;
    }
  }
}

/** A git hook is told of its repository by variables, and would hand that on to the git that is asked about another one. */
function withoutGitPlaces(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const places = new Set([
    'GIT_DIR',
    'GIT_WORK_TREE',
    'GIT_INDEX_FILE',
    'GIT_COMMON_DIR',
    'GIT_PREFIX',
    'GIT_NAMESPACE',
  ]);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !places.has(name)));
}

/** What a remote's URL says: `https://host/owner/name.git`, `git@host:group/sub/name`, or a path, which has no owner. */
export function parseRemote(url: string | undefined): { readonly name: string; readonly owner?: string } | undefined {
  const remote = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/[^/]*\/|(?<host>[^/:]+):(?!\/\/))?(?<path>[^]*)$/i.exec(
    url ?? '',
  );
  const { scheme, host, path = '' } = remote?.groups ?? {};
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.pop()?.replace(/\.git$/, '') ?? '';
  if (name === '') return undefined;
  const isElsewhere = host !== undefined || (scheme !== undefined && scheme.toLowerCase() !== 'file');
  return isElsewhere && parts.length > 0 ? { name, owner: parts.join('/') } : { name };
}
