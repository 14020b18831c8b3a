import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { openGitFolder } from '../fs-tracer/index.ts';
import { gitEnvironment } from '../util/ask-git.ts';
import { noteGround, noteUnrepeatable } from '../util/grounds.ts';
import type { Revision } from './revision/revision.ts';

/** What git says of a checkout, or of one commit, each asked once and only where it is wanted; undefined where git has no answer. */
export class GitFacts {
  readonly #root: string;
  readonly #revision: Revision | undefined;
  readonly #answers = new Map<string, string | undefined>();

  /** `root`: of the workspace. One that is no checkout has no facts, whatever checkout it lies in. With `revision`: the facts of that. */
  constructor(root: string, revision?: Revision) {
    this.#root = root;
    this.#revision = revision;
  }

  get tag(): string | undefined {
    return this.#ask('describe', '--always', this.#commitish);
  }

  get commit(): string | undefined {
    return this.#revision?.commit ?? this.#ask('rev-parse', '--verify', '--quiet', 'HEAD');
  }

  get commitTitle(): string | undefined {
    return this.#ask('log', '-1', '--no-show-signature', '--format=%s', this.#commitish);
  }

  /** Of a detached head none: a CI server says it with `--build-env`. */
  get branch(): string | undefined {
    if (this.#revision !== undefined) return this.#revision.branch ?? undefined;
    return this.#askFile('HEAD', ['symbolic-ref', '--short', '--quiet', 'HEAD']);
  }

  get repositoryName(): string | undefined {
    if (!this.#isRepository) return undefined;
    // Only a bare repository's folder is called `name.git`, as a rule.
    return parseRemote(this.#origin)?.name ?? basename(this.#root).replace(/(?<=.)\.git$/, '');
  }

  get repositoryOwner(): string | undefined {
    return parseRemote(this.#origin)?.owner;
  }

  get #commitish(): string {
    return this.#revision?.commit ?? 'HEAD';
  }

  /** A revision may be of a bare repository. */
  get #isRepository(): boolean {
    noteGround(join(this.#root, '.git'), 'kind');
    return this.#revision !== undefined || existsSync(join(this.#root, '.git'));
  }

  get #origin(): string | undefined {
    return this.#ask('config', '--get', 'remote.origin.url');
  }

  #ask(...question: readonly string[]): string | undefined {
    noteUnrepeatable('git is asked for facts');
    return this.#remembered(question);
  }

  #remembered(question: readonly string[]): string | undefined {
    const key = question.join(' ');
    if (!this.#answers.has(key)) this.#answers.set(key, this.#answer(question));
    return this.#answers.get(key);
  }

  /** What only that file of the checkout's git folder decides, and settings that whoever looks at a checkout goes by as well. */
  #askFile(name: string, question: readonly string[]): string | undefined {
    const git = openGitFolder(this.#root);
    if (git === null) return undefined;
    noteGround(join(dirname(git.indexPath), name));
    return this.#remembered(question);
  }

  #answer(question: readonly string[]): string | undefined {
    if (!this.#isRepository) return undefined;
    try {
      const answer = execFileSync('git', question, {
        cwd: this.#root,
        encoding: 'utf8',
        env: gitEnvironment(),
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return answer.replace(/\n$/, '') || undefined;
    } catch {
      // No commit yet, a detached head, no remote, no git: there is nothing to say.
      return undefined;
    }
  }
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
