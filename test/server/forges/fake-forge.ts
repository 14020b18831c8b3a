import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { GitServer } from '../git/git-server.ts';

export const TOKEN = 'forge-token-5a0e';

/** What its API was asked. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** A forge with one repository, `acme/web`: its git over HTTP, for who has the token, and an API that answers what a test says. */
export class FakeForge implements AsyncDisposable {
  readonly calls: ApiCall[] = [];
  /** What the next calls are answered; 201 when there is nothing left. */
  readonly answers: ApiAnswer[] = [];
  /** Who asked for commits: what came as Authorization. */
  readonly askedBy = new Set<string>();
  readonly #git: GitServer;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(git: GitServer) {
    this.#git = git;
  }

  static async start(): Promise<FakeForge> {
    const forge = new FakeForge(await GitServer.start());
    forge.#server.listen(0, '127.0.0.1');
    await once(forge.#server, 'listening');
    await forge.#git.git.repositories.create('web');
    return forge;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A folder to push to. */
  get folder(): string {
    return this.#git.git.repositories.open('web')!.folder;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url?.startsWith('/acme/web.git/') === true) return this.#serveGit(request, response);
    const chunks = await request.toArray();
    const text = Buffer.concat(chunks as Buffer[]).toString('utf8');
    const { method = '', url = '', headers } = request;
    this.calls.push({ method, path: url, headers, body: JSON.parse(text) as ApiCall['body'] });
    const { status, headers: more = {}, body = {} } = this.answers.shift() ?? { status: 201 };
    response.writeHead(status, { 'Content-Type': 'application/json', ...more }).end(JSON.stringify(body));
  }

  async #serveGit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '' } = request.headers;
    const given = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8');
    if (given !== '') this.askedBy.add(given);
    const caller = given.endsWith(`:${TOKEN}`) ? ({ name: 'x', role: 'read' } as const) : null;
    await this.#git.git.http.handle(request, response, { repository: 'web', caller });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#git[Symbol.asyncDispose]();
  }
}
