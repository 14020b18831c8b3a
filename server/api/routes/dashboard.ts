import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import staticFiles from '@fastify/static';

import type { App } from '../app-type.ts';
import { HttpError, notFound } from '../http-error.ts';

/** Beginnings of addresses that are no page of the dashboard's. */
const NOT_PAGES = /^\/(api|git|webhooks|websites)(\/|$)/;

/** Built files; a repository's page may have a dot in its address too. */
const FILES = /^\/(assets\/[^/]+|[^/]+\.[a-z]+)$/;

/**
 * The page: files, and one index.html for all addresses that the page itself knows, which are all others.
 * `folder`: what Vite made; names of files in its `assets` have their content's hash in them, and each
 * lies there as `.gz` too.
 */
export async function dashboardRoutes(app: App, folder: string): Promise<void> {
  // The one who was started without the page is told so by each request, and not by a warning.
  const root = existsSync(folder) ? folder : import.meta.dirname;
  const isBuilt = root === folder;
  await app.register(staticFiles, { root, serve: false, cacheControl: false, preCompressed: isBuilt });

  app.get('/*', { config: { access: 'open' }, schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    if (NOT_PAGES.test(path)) throw notFound('page');
    if (FILES.test(path) && isBuilt) {
      const isLasting = path.startsWith('/assets/');
      reply.header('cache-control', isLasting ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile((request.params as { readonly '*': string })['*']);
    }
    const page = await readFile(join(folder, 'index.html')).catch(() => {
      throw new HttpError(503, 'no_page', 'The dashboard was not built', 'It is made by `npm run build:dashboard`.');
    });
    return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page);
  });

  app.setNotFoundHandler(() => {
    throw notFound('page');
  });
}
