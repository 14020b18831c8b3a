import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Role } from '../../../server/access/caller.ts';
import { openDatabase, type ServerDatabase } from '../../../server/database.ts';
import { type Git, type GitOptions, openGit, REPOSITORY_TABLES } from '../../../server/git/index.ts';
import { FakeJobs } from './fake-jobs.ts';

/** A server of git alone, with jobs that are none, in a folder of its own. The password says the role. */
export class GitServer implements AsyncDisposable {
  readonly data = realpathSync(mkdtempSync(join(tmpdir(), 'layer-git-server-')));
  readonly jobs = new FakeJobs();
  readonly troubles: string[] = [];
  readonly database: ServerDatabase = openDatabase(join(this.data, 'server.sqlite'), [REPOSITORY_TABLES]);
  #git: Git | null = null;
  #http: Server | null = null;

  static async start(options: Partial<GitOptions> = {}): Promise<GitServer> {
    const server = new GitServer();
    await server.open(options);
    return server;
  }

  get git(): Git {
    if (this.#git === null) throw new Error('the server was not started');
    return this.#git;
  }

  get port(): number {
    return (this.#http?.address() as AddressInfo).port;
  }

  url(name: string, role: Role = 'member'): string {
    return `http://layer:${role}@127.0.0.1:${this.port}/git/${name}.git`;
  }

  async open(options: Partial<GitOptions> = {}): Promise<void> {
    const { data: dataFolder, database, jobs } = this;
    this.#git = await openGit({
      dataFolder,
      database,
      jobs,
      jobUrl: (id) => `http://127.0.0.1:8464/jobs/${id}`,
      onTrouble: (repository, trouble) => this.troubles.push(`${repository}: ${trouble}`),
      ...options,
    });
    const { http } = this.#git;
    const server = createServer((request, response) => {
      const repository = /^\/git\/(.*?)\.git(\/|$)/.exec(request.url ?? '')?.[1] ?? '';
      const role = callerOf(request.headers.authorization);
      const caller = role === null ? null : { name: `${role}'s token`, role };
      void http.handle(request, response, { repository: decodeURIComponent(repository), caller });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#http = server;
  }

  /** As a stop does: nobody listens any more. */
  async close(): Promise<void> {
    const server = this.#http;
    if (server !== null) {
      server.closeAllConnections();
      server.close();
    }
    await this.#git?.[Symbol.asyncDispose]();
    this.#git = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.database[Symbol.dispose]();
    rmSync(this.data, { recursive: true, force: true });
  }
}

function callerOf(authorization: string | undefined): Role | null {
  const [, encoded = ''] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
  const password = Buffer.from(encoded, 'base64').toString('utf8').split(':')[1];
  return password === 'read' || password === 'member' || password === 'admin' ? password : null;
}
