import { clearSessionCookie, setSessionCookie } from '../session-cookie.ts';
import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { HttpError } from '../http-error.ts';
import { SESSION_COOKIE } from '../presented.ts';
import { Login, Nothing, Session } from '../schemas/index.ts';

/** Coming in by a token, and going out. */
export function sessionRoutes(app: App, { services, guards, own }: RouteContext): void {
  app.get(
    '/api/session',
    { config: { access: 'read' }, schema: { summary: 'Who you are', tags: ['session'], response: { 200: Session } } },
    (request) => {
      const { name, role, csrf } = callerOf(request);
      return { name, role, csrf };
    },
  );

  app.post(
    '/api/session',
    {
      config: { access: 'open' },
      schema: { summary: 'Log in: answers with a cookie', tags: ['session'], body: Login, response: { 200: Session } },
    },
    async (request, reply) => {
      await guards.demandFewFailures(request, reply);
      const session = services.access.openSession(request.body.token);
      if (session === null) {
        await guards.countFailure(request, reply);
        throw new HttpError(401, 'unauthorized', 'This is no valid token');
      }
      setSessionCookie(reply, session.cookie, own);
      const { name, role, csrf } = session.caller;
      return { name, role, csrf };
    },
  );

  app.delete(
    '/api/session',
    { config: { access: 'read' }, schema: { summary: 'Log out', tags: ['session'], response: { 204: Nothing } } },
    async (request, reply) => {
      const cookie = request.cookies[SESSION_COOKIE];
      if (callerOf(request).by === 'session' && cookie !== undefined) services.access.endSession(cookie);
      clearSessionCookie(reply, own);
      void reply.code(204);
      return null;
    },
  );
}
