import { Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { ProxyServer } from 'httpxy';

import type { ExposeWebsiteInstruction } from '../../grammar/index.ts';
import type { Forwarded } from '../../vm/index.ts';
import { dialWebsite, type Guest } from './dial.ts';
import { addForwarded, dropHopByHop } from './hop-by-hop.ts';
import { answer, cutOff, notExposed, type Problem, rawAnswer, unreachable } from './problem-page.ts';
import { routeTo, targetOf } from './website-route.ts';

/** Cookies of localhost are those of every port of it: more than the 16 KiB that Node allows by default. */
const MAX_HEADER_BYTES = 64 << 10;
/** Where the request goes is its agent's business; the name is never looked up. */
const TARGET = 'http://guest.invalid';

export interface Websites {
  readonly guest: Guest;
  readonly layerfile: string;
  readonly websites: readonly ExposeWebsiteInstruction[];
}

/**
 * A server, not yet listening, that passes every request on to the website in the guest whose path covers it: one
 * connection into the guest for each, so that a browser that goes away ends it there too. httpxy does the passing on (why
 * that one: ARCHITECTURE.md).
 */
export async function websiteServer(websites: Websites): Promise<Server> {
  // Loaded here: only `--up` needs it.
  const { createProxyServer } = await import('httpxy');
  const proxy: ProxyServer = createProxyServer({ target: TARGET });
  // Its first check of an upgrade is that it is one to WebSocket; we pass on any.
  proxy._wsPasses.shift();
  proxy.on('proxyRes', (answer, _request, response) => finishHeaders(answer, response));
  proxy.on('error', (error, _request, response) => fail(response, error, websites));
  // A body may take as long as it likes: uploads are streamed.
  const server = createServer({ requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES });
  server.on('request', (request, response) => void pass(proxy, websites, request, response));
  server.on('upgrade', (request, socket: Duplex, head) => {
    // Only a socket was ever given to this server (node:http allows others).
    if (socket instanceof Socket) void upgrade(proxy, websites, request, socket, head);
  });
  return server;
}

async function pass(
  proxy: ProxyServer,
  websites: Websites,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reached = await reach(websites, request);
  if ('status' in reached) {
    answer(response, reached);
    return;
  }
  if (response.destroyed) {
    reached.connection.destroy();
    return;
  }
  dropHopByHop(request.headers);
  // Node has answered it already.
  delete request.headers.expect;
  addForwarded(request);
  await proxy.web(request, response, { agent: new OneConnection(reached.connection) }).catch(() => response.destroy());
}

async function upgrade(
  proxy: ProxyServer,
  websites: Websites,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const reached = await reach(websites, request);
  if ('status' in reached) {
    socket.end(rawAnswer(reached));
    return;
  }
  if (socket.destroyed) reached.connection.destroy();
  addForwarded(request);
  const options = { agent: new OneConnection(reached.connection) };
  await proxy.ws(request, socket, options, head).catch(() => socket.destroy());
}

/** The connection that a request goes over, its URL changed to what the guest is to see; else what to say instead. */
async function reach(
  { guest, layerfile, websites }: Websites,
  request: IncomingMessage,
): Promise<{ readonly connection: Duplex } | Problem> {
  const target = targetOf(request.url ?? '/');
  const route = routeTo(websites, target);
  if (route === null) return notExposed(layerfile, websites, target);
  const forwarded = await dialWebsite(guest, route.website).catch(noMachine);
  if (!forwarded.ok) return unreachable(layerfile, route.website, forwarded.why);
  request.url = route.target;
  return forwarded;
}

function noMachine(error: unknown): Forwarded {
  return { ok: false, why: error instanceof Error ? firstLine(error.message) : 'the machine cannot be reached' };
}

/** An agent for the one request that goes over `connection`. */
class OneConnection extends Agent {
  readonly #connection: Duplex;

  constructor(connection: Duplex) {
    super({ keepAlive: false });
    this.#connection = connection;
  }

  override createConnection(): Duplex {
    return this.#connection;
  }
}

/** Between the guest and us, how its answer was framed; between us and the browser, Node frames it anew. */
function finishHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
  dropHopByHop(headers);
  delete headers['transfer-encoding'];
  headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
}

/** The guest, or the browser, went away in the middle. Once an answer has begun it can only be cut off. */
function fail(response: ServerResponse | Socket | undefined, error: Error, { layerfile }: Websites): void {
  if (isUnanswered(response)) answer(response, cutOff(layerfile, firstLine(error.message)));
  else response?.destroy();
}

function isUnanswered(response: ServerResponse | Socket | undefined): response is ServerResponse {
  return response instanceof ServerResponse && !response.headersSent && !response.destroyed;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
