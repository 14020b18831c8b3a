import { Type } from 'typebox';

import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { RepositoryName, WebhookAnswer } from '../schemas/index.ts';
import { strict } from '../schemas/words.ts';

/** GitHub's are up to 25 MB; one of a push with its 20 commits has some 100 KB. */
const WEBHOOK_BYTES = 2 ** 20;

/** git's endpoint. The request is git's from here: which services there are, and who may have which, is known there. */
export function gitRoutes(app: App, { services: { git } }: RouteContext): void {
  void app.register((scope, _options, done) => {
    // git's http-backend reads the request itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.route({
      method: ['GET', 'POST'],
      url: '/git/:repository/*',
      config: { access: 'git' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const { repository } = request.params as { readonly repository: string };
        reply.hijack();
        await git.handle(request.raw, reply.raw, {
          repository: repository.replace(/\.git$/, ''),
          caller: callerOf(request),
        });
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
