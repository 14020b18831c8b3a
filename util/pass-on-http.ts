import { Agent, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { addForwarded, dropHopByHop } from './hop-by-hop.ts';

/** Where the request goes is its agent's business; the name is never looked up. */
const TARGET = 'http://next.invalid';

export interface PassingOn {
  /** To the server that is to answer: for this one request. */
  readonly connection: Duplex;
  /** May change the headers of the answer, also of one to an upgrade, before they are passed back. Must not throw. */
  readonly onAnswer?: (headers: IncomingHttpHeaders) => void;
  /** The server, or who asked, went away in the middle. `back` may have been answered in part already. */
  readonly onFailure: (error: Error, back: ServerResponse | Socket | undefined) => void;
}

/**
 * Passes a request on to another server, over a connection of its own, so that who asked and goes away ends it there too; and the answer
 * back. httpxy does it (why that one: ARCHITECTURE.md).
 */
export async function passOn(request: IncomingMessage, response: ServerResponse, passing: PassingOn): Promise<void> {
  const { connection } = passing;
  const proxy = await openProxy(passing);
  if (response.destroyed) {
    connection.destroy();
    return;
  }
  dropHopByHop(request.headers);
  // Node has answered it already.
  delete request.headers.expect;
  addForwarded(request);
  proxy.on('proxyRes', ({ headers }) => {
    passing.onAnswer?.(headers);
    finishHeaders(headers, response);
  });
  await proxy.web(request, response, { agent: new OneConnection(connection) }).catch(() => response.destroy());
}

/** The same for a request to upgrade its connection, to whatever protocol; `head`: what came after it. */
export async function passOnUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  passing: PassingOn,
): Promise<void> {
  const { connection, onAnswer } = passing;
  const proxy = await openProxy(passing);
  if (socket.destroyed) connection.destroy();
  addForwarded(request);
  // Its first check of an upgrade is that it is one to WebSocket; we pass on any.
  proxy._wsPasses.shift();
  // Told before it listens for answers itself.
  proxy.on('proxyReqWs', (asking) => {
    for (const event of ['upgrade', 'response'] as const)
      asking.on(event, ({ headers }: IncomingMessage) => onAnswer?.(headers));
  });
  await proxy.ws(request, socket, { agent: new OneConnection(connection) }, head).catch(() => socket.destroy());
}

async function openProxy({ onFailure }: PassingOn): Promise<import('httpxy').ProxyServer> {
  // Loaded here: a build needs none of it.
  const { createProxyServer } = await import('httpxy');
  const proxy = createProxyServer({ target: TARGET });
  proxy.on('error', (error, _request, back) => onFailure(error, back));
  return proxy;
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

/** Between the next server and us, how its answer was framed; between us and who asked, Node frames it anew. */
function finishHeaders(headers: IncomingHttpHeaders, response: ServerResponse): void {
  dropHopByHop(headers);
  delete headers['transfer-encoding'];
  headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
}
