import { createServer, type IncomingMessage, type Server } from 'node:http';

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import fastify, { LogController } from 'fastify';

import type { LogSettings, ServerMetrics } from '../operations/index.ts';
import type { App, RouteContext } from './app-type.ts';
import { authorizeRequests } from './authorize.ts';
import { answerErrors, answerFrameworkError } from './error-answers.ts';
import { urlOf } from '../listen.ts';
import { Guards, REQUEST_LIMITS, type RequestLimits } from './guards.ts';
import { OpenStreams } from './open-streams.ts';
import { answeredProtocol } from './presented.ts';
import { noteRequests } from './request-notes.ts';
import type { OwnAddress } from './request-origin.ts';
import { validateRequests } from './request-validator.ts';
import { demandAccessOfRoutes, type KnownRoute } from './route-access.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { gitRoutes, webhookRoutes } from './routes/git.ts';
import { eventRoutes } from './routes/job-events.ts';
import { jobRoutes } from './routes/jobs.ts';
import { machineRoutes } from './routes/machines.ts';
import { operationRoutes } from './routes/operations.ts';
import { recordingRoutes } from './routes/recordings.ts';
import { repositoryRoutes } from './routes/repositories.ts';
import { sessionRoutes } from './routes/session.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import type { Services, WebsiteService } from './services.ts';

export interface AppOptions {
  readonly services: Services;
  readonly metrics: ServerMetrics;
  readonly own: OwnAddress;
  readonly log: LogSettings;
  /** Folder of the built page. */
  readonly dashboard: string;
  readonly version: string;
  readonly limits?: RequestLimits;
}

/** A JSON body: a secret of 64 KiB, escaped, is the longest. */
const BODY_BYTES = 512 * 1024;
const PATH_PART_LENGTH = 200;
const TERMINAL_MESSAGE_BYTES = 64 * 1024;

export interface ApiApp {
  readonly app: App;
  readonly streams: OpenStreams;
  readonly routes: readonly KnownRoute[];
}

/** The HTTP server with all routes, not listening yet. */
export async function makeApp(options: AppOptions): Promise<ApiApp> {
  const { services, own, log } = options;
  const app: App = fastify({
    logger: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: PATH_PART_LENGTH, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    // Behind a proxy of our own host, whoever it says asks.
    trustProxy: own.publicUrl === null ? false : 'loopback',
    // Streams are ended by us, and idle connections by Node.
    forceCloseConnections: 'idle',
    frameworkErrors: answerFrameworkError,
    serverFactory: (handler) => serverBesideWebsites(handler, services.websites),
  })
    .withTypeProvider<TypeBoxTypeProvider>()
    .setValidatorCompiler(validateRequests);
  const streams = new OpenStreams();
  answerErrors(app);
  // What is no JSON is no request of ours; git and forges have parsers of their own.
  app.removeContentTypeParser('text/plain');
  noteRequests(app, options.metrics);
  await app.register(cookie);
  await app.register(helmet, SECURITY_HEADERS);
  await app.register(rateLimit, { global: false });
  await app.register(swagger, { openapi: describe(options.version) });
  await app.register(websocket, {
    options: { maxPayload: TERMINAL_MESSAGE_BYTES, handleProtocols: answeredProtocol },
  });
  const routes = demandAccessOfRoutes(app);
  const guards = new Guards(app, options.limits ?? REQUEST_LIMITS);
  authorizeRequests(app, { access: services.access, own, guards });
  await addRoutes(
    app,
    {
      services,
      guards,
      streams,
      own,
      baseUrl: () => own.publicUrl?.origin ?? urlOf(app, own.host),
      version: options.version,
    },
    options,
  );
  return { app, streams, routes };
}

async function addRoutes(app: App, context: RouteContext, { metrics, dashboard }: AppOptions): Promise<void> {
  const groups = [
    sessionRoutes,
    jobRoutes,
    eventRoutes,
    recordingRoutes,
    machineRoutes,
    repositoryRoutes,
    tokenRoutes,
    gitRoutes,
    webhookRoutes,
  ];
  for (const add of groups) add(app, context);
  operationRoutes(app, context, metrics);
  await dashboardRoutes(app, dashboard);
}

/** Requests for machines' websites never come near the API: they have other origins, headers and limits. */
function serverBesideWebsites(
  handler: (request: IncomingMessage, response: never) => void,
  websites: WebsiteService,
): Server {
  const server = createServer((request, response) => {
    if (websites.isFor(request)) websites.handle(request, response);
    else handler(request, response as never);
  });
  const emit = server.emit.bind(server);
  server.emit = (event: string, ...values: unknown[]): boolean => {
    if (event !== 'upgrade') return emit(event, ...values);
    const [request, socket, head] = values as Parameters<WebsiteService['upgrade']>;
    if (!websites.isFor(request)) return emit(event, ...values);
    websites.upgrade(request, socket, head);
    return true;
  };
  return server;
}

const describe = (version: string): NonNullable<FastifyDynamicSwaggerOptions['openapi']> => ({
  openapi: '3.1.0',
  info: {
    title: 'Layer',
    description: 'The API of `layer serve`. Errors are `{"error": {"code", "message", "hint"?}}`.',
    version,
  },
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      session: { type: 'apiKey', in: 'cookie', name: 'layer_session' },
    },
  },
  security: [{ token: [] }, { session: [] }],
});
