import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { ExposeWebsiteInstruction } from '../../grammar/index.ts';
import { passOn, passOnUpgrade } from '../../util/pass-on-http.ts';
import type { Forwarded } from '../../vm/index.ts';
import { dialWebsite, type Guest } from './dial.ts';
import { answer, cutOff, notExposed, type Problem, rawAnswer, unreachable } from './problem-page.ts';
import { routeTo, targetOf } from './website-route.ts';

/** Cookies of localhost are those of every port of it: more than the 16 KiB that Node allows by default. */
const MAX_HEADER_BYTES = 64 << 10;

export interface Websites {
  readonly guest: Guest;
  readonly layerfile: string;
  readonly websites: readonly ExposeWebsiteInstruction[];
}

/**
 * A server, not yet listening, that passes every request on to the website in the guest whose path covers it: one
 * connection into the guest for each, so that a browser that goes away ends it there too.
 */
export function websiteServer(websites: Websites): Server {
  // A body may take as long as it likes: uploads are streamed.
  const server = createServer({ requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES });
  server.on('request', (request, response) => void pass(websites, request, response));
  server.on('upgrade', (request, socket: Duplex, head) => {
    // Only a socket was ever given to this server (node:http allows others).
    if (socket instanceof Socket) void upgrade(websites, request, socket, head);
  });
  return server;
}

async function pass(websites: Websites, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const reached = await reach(websites, request);
  if ('status' in reached) {
    answer(response, reached);
    return;
  }
  const onFailure = (error: Error, back: ServerResponse | Socket | undefined): void => fail(back, error, websites);
  await passOn(request, response, { connection: reached.connection, onFailure });
}

async function upgrade(websites: Websites, request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy());
  const reached = await reach(websites, request);
  if ('status' in reached) {
    socket.end(rawAnswer(reached));
    return;
  }
  const onFailure = (error: Error, back: ServerResponse | Socket | undefined): void => fail(back, error, websites);
  await passOnUpgrade(request, socket, head, { connection: reached.connection, onFailure });
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
