import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { HttpError, notFound } from '../http-error.ts';
import { JobPlace, Runners, TerminalQuery, WebsiteList, WebsiteTicket, WebsiteWish } from '../schemas/index.ts';
import { jobOf } from './jobs.ts';

const REVOCATION_LOOK_MS = 15_000;

/** What runs, and ways into the machines of a job: terminals and websites. */
export function machineRoutes(app: App, context: RouteContext): void {
  const { services } = context;
  const { jobs, websites } = services;
  const tags = ['machines'];

  app.get(
    '/api/runners',
    {
      config: { access: 'read' },
      schema: { summary: 'What runs, what there is room for, what waits', tags, response: { 200: Runners } },
    },
    () => jobs.runners(),
  );

  app.get(
    '/api/jobs/:id/websites',
    {
      config: { access: 'read' },
      schema: { summary: 'What its machines expose', tags, params: JobPlace, response: { 200: WebsiteList } },
    },
    async ({ params: { id } }) => await websites.list(jobOf(jobs, id)),
  );

  app.post(
    '/api/jobs/:id/websites',
    {
      config: { access: 'member' },
      schema: {
        summary: 'An address of one, which lets its bearer in',
        tags,
        params: JobPlace,
        body: WebsiteWish,
        response: { 200: WebsiteTicket },
      },
    },
    async (request) => {
      const { layerfile, copy = null } = request.body;
      const { host } = request.headers;
      const job = jobOf(jobs, request.params.id);
      const url = await websites.ticket(job, layerfile, callerOf(request), { copy, host });
      if (url === null) throw notFound('website in that job');
      return { url };
    },
  );

  terminalRoute(app, context);
}

function terminalRoute(app: App, { services: { jobs, terminals, access }, streams }: RouteContext): void {
  app.route({
    method: 'GET',
    url: '/api/jobs/:id/terminal',
    config: { access: 'member' },
    schema: {
      summary: 'A WebSocket to a shell in the machine as it was after a step; docs/ci-server.md says what goes over it',
      tags: ['machines'],
      params: JobPlace,
      querystring: TerminalQuery,
    },
    // What is wrong is said before the connection becomes a WebSocket.
    preHandler: (request, _reply, done) => {
      jobOf(jobs, (request.params as { readonly id: number }).id);
      done();
    },
    handler: () => {
      throw new HttpError(426, 'upgrade_required', 'This is a WebSocket');
    },
    wsHandler: (socket, request) => {
      const { id } = request.params as { readonly id: number };
      const { step, ...place } = request.query as {
        readonly layerfile: string;
        readonly step?: string;
        readonly columns: number;
        readonly rows: number;
      };
      const caller = callerOf(request);
      const open = streams.add(`terminal in job ${id}`, caller.name, () => socket.close(1001));
      const look = setInterval(() => {
        if (!access.isKnown(caller.token)) socket.close(1008);
      }, REVOCATION_LOOK_MS).unref();
      socket.once('close', () => {
        clearInterval(look);
        open[Symbol.dispose]();
      });
      terminals.open(socket, { ...place, job: jobOf(jobs, id), step: step ?? null, caller });
    },
  });
}
