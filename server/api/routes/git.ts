import { Type } from 'typebox';

import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { forbidden, notFound } from '../http-error.ts';
import { RepositoryName, WebhookAnswer } from '../schemas/index.ts';
import { REPOSITORY_NAME_PATTERN, strict } from '../schemas/words.ts';
import { mayAct } from '../../access/index.ts';

/** What git's clients ask for (gitprotocol-http(5)). The dumb protocol is not served: nothing else of a repository is to be had. */
const GIT_PATHS = ['info/refs', 'git-upload-pack', 'git-receive-pack'] as const;

/** GitHub's are up to 25 MB; one of a push with its 20 commits has some 100 KB. */
const WEBHOOK_BYTES = 5 * 2 ** 20;

/** What git and forges send: read as it comes. */
export function gitRoutes(app: App, { services: { git, repositories } }: RouteContext): void {
  void app.register((scope, _options, done) => {
    // git's http-backend reads the request itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    for (const path of GIT_PATHS)
      scope.route({
        method: path === 'info/refs' ? 'GET' : 'POST',
        url: `/git/:repository/${path}`,
        config: { access: 'git' },
        schema: { hide: true },
        handler: async (request, reply) => {
          const caller = callerOf(request);
          const repository = repositoryIn((request.params as { readonly repository: string }).repository);
          demandExact(path, request.url);
          // Its first push makes it.
          if (repositories.settings(repository) === null) {
            if (!mayAct(caller, 'member') || !request.url.includes('git-receive-pack')) throw notFound('repository');
            await repositories.create(repository);
          }
          reply.hijack();
          await git.serve(request.raw, reply.raw, { repository, path, caller });
        },
      });
    done();
  });
}

export function webhookRoutes(app: App, { services: { webhooks } }: RouteContext): void {
  void app.register((scope, _options, done) => {
    // The signature is over the bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
    scope.route({
      method: 'POST',
      url: '/webhooks/:repository',
      bodyLimit: WEBHOOK_BYTES,
      config: { access: 'signed' },
      schema: {
        summary: "A forge's webhook, signed with the repository's secret",
        tags: ['git'],
        params: Type.Object({ repository: RepositoryName }, strict),
        response: { '2xx': WebhookAnswer },
      },
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { repository } = request.params as { readonly repository: string };
        const { status, message } = await webhooks.receive(repository, request.headers, body);
        return reply.code(status).send(status < 400 ? { message } : { error: { code: 'refused', message } });
      },
    });
    done();
  });
}

const REPOSITORY_NAME = new RegExp(REPOSITORY_NAME_PATTERN);

/** git adds `.git` where its user wrote it. Throws a 404 for what is no name. */
function repositoryIn(part: string): string {
  const name = part.replace(/\.git$/, '');
  if (!REPOSITORY_NAME.test(name)) throw notFound('repository');
  return name;
}

/** The address is passed on: there must be nothing in it but what the caller's role was found by. */
function demandExact(path: (typeof GIT_PATHS)[number], url: string): void {
  const query = /\?.*/s.exec(url)?.[0] ?? '';
  if (path === 'info/refs' ? !/^\?service=git-(upload|receive)-pack$/.test(query) : query !== '')
    throw forbidden("Only git's smart protocol is served", 'Use git 1.6.6 or newer.');
}
