import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';

import { printableLine } from '../../../util/printable-text.ts';
import { type Caller, mayAct } from '../../access/caller.ts';
import { isRepositoryName, REPOSITORY_NAME_RULE } from '../repository-name.ts';
import type { Repositories, Repository } from '../repositories.ts';
import { answerByBackend, refuse } from './backend.ts';
import { type GitRefusal, type GitRoute, readGitRoute } from './git-route.ts';
import { type PlaceLimits, Places } from './places.ts';

export interface GitRequest {
  /** As the address has it, decoded: anything. */
  readonly repository: string;
  /** Null: nobody that is known. */
  readonly caller: Pick<Caller, 'name' | 'role'> | null;
}

export interface GitHttpOptions {
  readonly repositories: Repositories;
  /** After a call of receive-pack of which no hook has told: where refs changed nevertheless, that is found by looking. */
  readonly afterLostPush?: (repository: Repository) => Promise<void>;
  /** What went wrong, for who runs the server. */
  readonly onTrouble?: (repository: string, trouble: string) => void;
  /** 16 and 256 by default. */
  readonly places?: PlaceLimits;
  /** 15 minutes by default. */
  readonly idleMs?: number;
}

/** What may be answered by git. */
interface AllowedRequest {
  readonly route: GitRoute;
  readonly repository: Repository;
  readonly pushedBy: string;
}

/** A push is more than its pack: the list of refs, and the push options. */
const COMMANDS_BYTES = 16 * 2 ** 20;
/** What a client may say that it has and wants. http-backend itself keeps no more than 10 MiB of it. */
const MAX_FETCH_BODY_BYTES = 64 * 2 ** 20;
const IDLE_MS = 15 * 60_000;
const REALM = 'Basic realm="layer", charset="UTF-8"';
const MAX_NAME = 200;

/** git's smart HTTP protocol, by git's own http-backend. Whatever is not part of that is refused here. */
export class GitHttp {
  readonly #options: GitHttpOptions;
  readonly #places: Places;
  readonly #pushes = new Map<string, Disposable>();
  readonly #taken = new Set<string>();

  constructor(options: GitHttpOptions) {
    this.#options = options;
    this.#places = new Places(options.places ?? { atOnce: 16, waiting: 256 });
  }

  /** How many git processes work now, and how many requests wait for one. */
  get figures(): { readonly taken: number; readonly waiting: number } {
    return this.#places.figures;
  }

  /**
   * Answers a request below `…/NAME.git/`; whoever calls this has not read its body. `read` may fetch, `member` may push, and
   * a member's first push makes the repository. Without a caller every address is answered alike, so that nobody learns
   * which names there are. Resolves when git has ended; never throws.
   */
  async handle(request: IncomingMessage, response: ServerResponse, { repository, caller }: GitRequest): Promise<void> {
    try {
      const allowed = await this.#allow(request, repository, caller);
      if ('status' in allowed) refuse(response, allowed.status, allowed.message, allowed.headers);
      else await this.#answer(request, response, allowed);
    } catch (error) {
      this.#tell(repository, error);
      refuse(response, 500, 'The server cannot do that now; its log says more');
    } finally {
      // What nobody reads would keep the connection from being used again.
      if (!request.complete && !request.destroyed) request.resume();
    }
  }

  /** The hook of a push has begun to run: what is left of the push costs nothing, so another one may begin. */
  letNextBegin(push: string): void {
    this.#pushes.get(push)?.[Symbol.dispose]();
  }

  /** The hook of a push has told of it, and that was taken. */
  wasTaken(push: string): void {
    if (this.#pushes.has(push)) this.#taken.add(push);
  }

  async #allow(
    request: IncomingMessage,
    name: string,
    caller: GitRequest['caller'],
  ): Promise<GitRefusal | AllowedRequest> {
    if (caller === null) return { status: 401, message: 'A token is needed', headers: { 'WWW-Authenticate': REALM } };
    const route = readGitRoute(request);
    if ('status' in route) return route;
    if (!mayAct(caller, route.service === 'upload-pack' ? 'read' : 'member'))
      return { status: 403, message: 'This token may fetch, but not push' };
    const { repositories } = this.#options;
    const isFirstPush = route.service === 'receive-pack' && repositories.open(name) === null;
    if (isFirstPush && !isRepositoryName(name))
      return { status: 404, message: `This cannot be a repository: ${REPOSITORY_NAME_RULE}` };
    const repository = isFirstPush ? await repositories.create(name) : repositories.open(name);
    if (repository === null) return { status: 404, message: 'There is no such repository' };
    return { route, repository, pushedBy: caller.name };
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { route, repository, pushedBy }: AllowedRequest,
  ): Promise<void> {
    const { repositories, idleMs = IDLE_MS } = this.#options;
    const isPush = route.service === 'receive-pack';
    const maxBodyBytes = isPush ? repositories.maxPackBytes + COMMANDS_BYTES : MAX_FETCH_BODY_BYTES;
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) {
      refuse(response, 413, 'This is more than the server takes', { Connection: 'close' });
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    using place = await this.#places.take(gone.signal);
    if (place === null) {
      refuse(response, 503, 'Too many are at work; try again', { 'Retry-After': '5' });
      return;
    }
    const push = randomUUID();
    if (isPush) this.#pushes.set(push, place);
    try {
      const settings = repositories.gitSettings(repository);
      const environment = { LAYER_PUSH: push, LAYER_PUSHED_BY: printableLine(pushedBy).slice(0, MAX_NAME) };
      const call = { route, folder: repository.folder, settings, environment, maxBodyBytes, idleMs };
      const { trouble } = await answerByBackend(request, response, call);
      if (trouble !== null) this.#options.onTrouble?.(repository.name, trouble);
    } finally {
      this.#pushes.delete(push);
      if (isPush && route.step === 'call' && !this.#taken.delete(push)) await this.#afterLostPush(repository);
    }
  }

  async #afterLostPush(repository: Repository): Promise<void> {
    try {
      await this.#options.afterLostPush?.(repository);
    } catch (error) {
      this.#tell(repository.name, error);
    }
  }

  #tell(repository: string, error: unknown): void {
    this.#options.onTrouble?.(
      printableLine(repository).slice(0, MAX_NAME),
      error instanceof Error ? error.message : String(error),
    );
  }
}
