import { type App, type RouteContext } from '../app-type.ts';
import { conflict, notFound } from '../http-error.ts';
import { CreatedToken, NewToken, Nothing, TokenList, TokenPlace } from '../schemas/index.ts';

export function tokenRoutes(app: App, { services: { access } }: RouteContext): void {
  const tags = ['tokens'];

  app.get(
    '/api/tokens',
    { config: { access: 'admin' }, schema: { summary: 'All tokens', tags, response: { 200: TokenList } } },
    () => access.tokens(),
  );

  app.post(
    '/api/tokens',
    {
      config: { access: 'admin' },
      schema: { summary: 'Make one; it is told only now', tags, body: NewToken, response: { 201: CreatedToken } },
    },
    ({ body: { name, role } }, reply) => {
      const created = access.createToken(name, role);
      if (created === null) throw conflict('There is a token of that name');
      void reply.code(201).header('cache-control', 'no-store');
      return { ...created, name, role };
    },
  );

  app.delete(
    '/api/tokens/:id',
    {
      config: { access: 'admin' },
      schema: { summary: 'Revoke one: its sessions end', tags, params: TokenPlace, response: { 204: Nothing } },
    },
    ({ params: { id } }, reply) => {
      if (!access.revoke(id)) throw notFound('token');
      void reply.code(204);
      return null;
    },
  );
}
