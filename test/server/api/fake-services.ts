import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Access, ACCESS_TABLES } from '../../../server/access/index.ts';
import { openDatabase } from '../../../server/database.ts';
import {
  DEFAULT_SETTINGS,
  patchSettings,
  type RepositorySettings,
  shownSettings,
} from '../../../server/git/repository-settings.ts';
import type { RepositoryService, Services, WebsiteService } from '../../../server/api/services.ts';
import { FakeJobs } from './fake-jobs.ts';

/** Repositories that are only names, settings and secrets. A revision is found where it is `main` or 40 digits. */
export class FakeRepositories implements RepositoryService {
  readonly #settings = new Map<string, RepositorySettings>();
  readonly #secrets = new Map<string, Map<string, number>>();

  constructor(...names: readonly string[]) {
    for (const name of names) this.#settings.set(name, DEFAULT_SETTINGS);
  }

  names(): readonly string[] {
    return [...this.#settings.keys()].sort();
  }

  settings(name: string): ReturnType<RepositoryService['settings']> {
    const settings = this.#settings.get(name);
    return settings === undefined ? null : shownSettings(settings);
  }

  create(name: string): Promise<boolean> {
    if (this.#settings.has(name)) return Promise.resolve(false);
    this.#settings.set(name, DEFAULT_SETTINGS);
    return Promise.resolve(true);
  }

  change(...[name, change]: Parameters<RepositoryService['change']>): void {
    const patched = patchSettings(this.#settings.get(name) ?? DEFAULT_SETTINGS, change);
    if ('settings' in patched) this.#settings.set(name, patched.settings);
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
  list: () => Promise.resolve([{ layerfile: 'services/web/Layerfile', path: '/', id: 'j1-web' }]),
  ticket: (_job, layerfile, _caller, { host = '' }) =>
    Promise.resolve(
      layerfile === 'services/web/Layerfile' ? `http://j1-web.localhost:${host.split(':')[1] ?? ''}/` : null,
    ),
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
  return {
    access: new Access(
      openDatabase(join(mkdtempSync(join(tmpdir(), 'layer-fake-')), 'server.sqlite'), [ACCESS_TABLES]),
    ),
    jobs: new FakeJobs(),
    repositories: new FakeRepositories('shop', 'tools'),
    git: {
      handle: (_request, response, { repository }) => {
        response.end(`git ${repository}`);
        return Promise.resolve();
      },
    },
    webhooks: { receive: () => Promise.resolve({ status: 401, message: 'The signature does not fit' }) },
    terminals: {
      open: (socket, { layerfile, step }) => {
        socket.send(JSON.stringify({ type: 'ready' }));
        socket.send(Buffer.from(`shell in ${layerfile} after ${step ?? 'the last step'}\r\n# `));
        socket.on('message', (data: Buffer, isBinary: boolean) => {
          if (isBinary) socket.send(data);
        });
      },
    },
    websites: WEBSITES,
    unreadiness: () => null,
    ...given,
  };
}
