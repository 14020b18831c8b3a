import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openDatabase, type ServerDatabase } from '../../../server/database.ts';
import { FORGE_TABLES, StatusReporter, type WebhookAnswer, Webhooks } from '../../../server/forges/index.ts';
import {
  openRepositories,
  PushReceiver,
  REPOSITORY_TABLES,
  type Repositories,
  type RepositoryPatch,
} from '../../../server/git/index.ts';
import { FakeJobs } from '../git/fake-jobs.ts';
import { FakeForge, TOKEN } from './fake-forge.ts';

export const SECRET = 'webhook-secret-91c2';

export type Kind = 'github' | 'gitlab' | 'gitea';

export interface Hook {
  readonly event: string;
  readonly payload: object | string;
  /** By default as the forge would. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly delivery?: string;
  readonly secret?: string;
}

/** A CI server's forges, without the server, for a repository `web` that is at home at a fake forge. */
export class Ci implements AsyncDisposable {
  readonly troubles: string[] = [];
  readonly jobs = new FakeJobs();
  readonly repositories: Repositories;
  readonly forge: FakeForge;
  readonly #kind: Kind;
  readonly #data = mkdtempSync(join(tmpdir(), 'layer-forges-'));
  readonly #database: ServerDatabase;
  #webhooks: Webhooks;

  private constructor(kind: Kind, forge: FakeForge) {
    this.#kind = kind;
    this.forge = forge;
    this.#database = openDatabase(join(this.#data, 'server.sqlite'), [REPOSITORY_TABLES, FORGE_TABLES]);
    this.repositories = openRepositories(this.#database, this.#data);
    this.#webhooks = this.#open();
  }

  static async start(kind: Kind, patch: Partial<NonNullable<RepositoryPatch['forge']>> = {}): Promise<Ci> {
    const forge = await FakeForge.start();
    const ci = new Ci(kind, forge);
    await ci.repositories.create('web');
    const cloneUrl = `${forge.origin}/acme/web.git`;
    ci.repositories.change('web', {
      forge: { kind, cloneUrl, apiUrl: `${forge.origin}/api`, token: TOKEN, webhookSecret: SECRET, ...patch },
    });
    return ci;
  }

  get webhooks(): Webhooks {
    return this.#webhooks;
  }

  reporter(pausesMs: readonly number[] = [1, 1]): StatusReporter {
    const { repositories, jobs, troubles } = this;
    return new StatusReporter({
      database: this.#database,
      repositories,
      jobs: Object.assign(jobs, { recent: () => jobs.jobs.toReversed() }),
      jobUrl: (id) => `http://ci.example/jobs/${id}`,
      onTrouble: (name, trouble) => troubles.push(`${name}: ${trouble}`),
      pausesMs,
    });
  }

  /** As the forge sends it, and what the server makes of it. */
  async receive(hook: Hook): Promise<WebhookAnswer> {
    const answer = this.deliver(hook);
    await this.webhooks.settled();
    return answer;
  }

  deliver({ event, payload, headers = {}, delivery = randomUUID(), secret = SECRET }: Hook): WebhookAnswer {
    const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    const own = { 'content-type': 'application/json', ...HEADERS[this.#kind](event, delivery, body, secret) };
    return this.webhooks.receive('web', { ...own, ...headers }, body);
  }

  /** A new server on the same data. */
  async restart(): Promise<void> {
    await this.#webhooks[Symbol.asyncDispose]();
    this.#webhooks = this.#open();
    this.#webhooks.resume();
  }

  #open(): Webhooks {
    return new Webhooks({
      database: this.#database,
      repositories: this.repositories,
      receiver: new PushReceiver(this.repositories, this.jobs),
      onTrouble: (name, trouble) => this.troubles.push(`${name}: ${trouble}`),
      pausesMs: [20, 20],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhooks[Symbol.asyncDispose]();
    await this.forge[Symbol.asyncDispose]();
    this.#database[Symbol.dispose]();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

export function hmac(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

type MakeHeaders = (event: string, delivery: string, body: Buffer, secret: string) => Readonly<Record<string, string>>;

const HEADERS: Readonly<Record<Kind, MakeHeaders>> = {
  github: (event, delivery, body, secret) => ({
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${hmac(secret, body)}`,
  }),
  gitlab: (event, delivery, _body, secret) => ({
    'user-agent': 'GitLab/17.5.0-pre',
    'x-gitlab-event': event,
    'x-gitlab-event-uuid': delivery,
    'x-gitlab-token': secret,
  }),
  gitea: (event, delivery, body, secret) => ({
    'x-github-event': event,
    'x-github-delivery': 'another',
    'x-gitea-event': event,
    'x-gitea-delivery': delivery,
    'x-gitea-signature': hmac(secret, body),
  }),
};
