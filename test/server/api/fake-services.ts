import { DatabaseSync } from 'node:sqlite';

import { Access, ACCESS_TABLES } from '../../../server/access/index.ts';
import type { RepositorySettings, RepositoryService, Services, WebsiteService } from '../../../server/api/services.ts';
import { FakeJobs } from './fake-jobs.ts';

const SETTINGS: RepositorySettings = { cancelSuperseded: true, priority: 0, forkSecrets: false, forge: null };

/** Repositories that are only names, settings and secrets. A revision is found where it is `main` or 40 digits. */
export class FakeRepositories implements RepositoryService {
  readonly #settings = new Map<string, RepositorySettings>();
  readonly #secrets = new Map<string, Map<string, number>>();

  constructor(...names: readonly string[]) {
    for (const name of names) this.#settings.set(name, SETTINGS);
  }

  names(): readonly string[] {
    return [...this.#settings.keys()].sort();
  }

  settings(name: string): RepositorySettings | null {
    return this.#settings.get(name) ?? null;
  }

  create(name: string): Promise<boolean> {
    if (this.#settings.has(name)) return Promise.resolve(false);
    this.#settings.set(name, SETTINGS);
    return Promise.resolve(true);
  }

  change(...[name, change]: Parameters<RepositoryService['change']>): void {
    const { forge, ...rest } = change;
    const old = this.#settings.get(name) ?? SETTINGS;
    const { token, webhookSecret, ...place } = forge ?? { kind: 'github', apiUrl: '', cloneUrl: '' };
    const hasToken = token !== undefined || old.forge?.hasToken === true;
    const hasWebhookSecret = webhookSecret !== undefined || old.forge?.hasWebhookSecret === true;
    const newForge = forge === undefined ? old.forge : forge === null ? null : { ...place, hasToken, hasWebhookSecret };
    this.#settings.set(name, { ...old, ...(rest as Partial<RepositorySettings>), forge: newForge });
  }

  find(...[, revision]: Parameters<RepositoryService['find']>): ReturnType<RepositoryService['find']> {
    if (revision !== 'main' && !/^[0-9a-f]{40}$/.test(revision)) return Promise.resolve(null);
    const commit = revision === 'main' ? 'c'.repeat(40) : revision;
    return Promise.resolve({
      ref: 'refs/heads/main',
      branch: 'main',
      commit,
      title: 'Add sencha',
      author: 'Ann Example',
    });
  }

  secrets(name: string): { name: string; setAtMs: number }[] {
    return [...(this.#secrets.get(name) ?? [])].map(([secret, setAtMs]) => ({ name: secret, setAtMs }));
  }

  setSecret(name: string, secret: string): void {
    const secrets = this.#secrets.get(name) ?? new Map<string, number>();
    this.#secrets.set(name, secrets.set(secret, Date.now()));
  }

  removeSecret(name: string, secret: string): boolean {
    return this.#secrets.get(name)?.delete(secret) ?? false;
  }
}

/** Job 1's web service has a website; an address of it is any of `*.localhost`. */
const WEBSITES: WebsiteService = {
  list: () => [{ layerfile: 'services/web/Layerfile', path: '/', id: 'j1-web' }],
  ticket: (_job, layerfile) => (layerfile === 'services/web/Layerfile' ? 'http://j1-web.localhost/?ticket=once' : null),
  isFor: ({ headers }) => /\.localhost(:\d+)?$/.test(headers.host ?? ''),
  handle: (_request, response) => void response.end('<!doctype html><title>The shop</title><h1>The shop is open</h1>'),
  upgrade: (_request, socket) => void socket.destroy(),
};

export interface FakeServices extends Services {
  readonly jobs: FakeJobs;
  readonly repositories: FakeRepositories;
}

/** All that the API needs, in memory, with a true {@link Access}. What is `given` takes the place of a stand-in. */
export function fakeServices(given: Partial<FakeServices> = {}): FakeServices {
  const database = new DatabaseSync(':memory:');
  for (const sql of ACCESS_TABLES) database.exec(sql);
  return {
    access: new Access(database),
    jobs: new FakeJobs(),
    repositories: new FakeRepositories('shop', 'tools'),
    git: {
      serve: (_request, response, { repository, path }) => {
        response.end(`git ${repository} ${path}`);
        return Promise.resolve();
      },
    },
    webhooks: { receive: () => Promise.resolve({ status: 401, message: 'The signature does not fit' }) },
    terminals: {
      open: (socket, { layerfile, step }) => {
        socket.send(JSON.stringify({ type: 'ready' }));
        socket.send(Buffer.from(`shell in ${layerfile} after ${step ?? 'the last step'}\r\n# `));
        socket.on('message', (data: Buffer, isBinary: boolean) => void (isBinary && socket.send(data)));
      },
    },
    websites: WEBSITES,
    unreadiness: () => null,
    ...given,
  };
}
