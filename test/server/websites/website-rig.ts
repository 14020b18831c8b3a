import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import type { ExecutionContext } from 'ava';

import type { Caller } from '../../../server/access/caller.ts';
import { Websites } from '../../../server/websites/index.ts';
import type { WebsiteLimits } from '../../../server/websites/website-limits.ts';
import { closing } from '../../../runner/expose/loopback.ts';
import { fakeJob, type FakeWorker, FakeWorkers } from '../terminals/fake-work.ts';
import { RawClient } from '../../runner/expose/web-guest.ts';

export const CALLER: Caller = { name: 'ann', role: 'member', by: 'session' };

const STEP = { event: 'step', line: 1, instruction: '', outcome: 'ran', durationMs: 1 } as const;

/** A job whose web/Layerfile exposes `/` at its step 3, and api/Layerfile `/v1` in copy 1. */
const EVENTS = [
  { event: 'build', layerfile: 'web/Layerfile', name: 'web', steps: 4 },
  { ...STEP, layerfile: 'web/Layerfile', step: 2, snapshot: 'a' },
  { event: 'output', layerfile: 'web/Layerfile', step: 3, stream: 'stdout', text: '"event":"step" is no step' },
  { ...STEP, layerfile: 'web/Layerfile', step: 3, snapshot: 'b', website: '/' },
  { ...STEP, layerfile: 'web/Layerfile', step: 4, snapshot: 'c' },
  { ...STEP, layerfile: 'api/Layerfile', copy: 1, step: 5, snapshot: 'd', website: '/v1' },
  { ...STEP, layerfile: 'late/Layerfile', step: 5, snapshot: null, website: '/unsaved' },
  { ...STEP, layerfile: 'bad/Layerfile', step: 5, snapshot: null, website: '/x', outcome: 'failed' },
];

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RigOptions {
  readonly limits?: Partial<WebsiteLimits>;
  readonly isKnown?: (caller: Caller) => boolean;
  readonly now?: () => number;
  /** What a worker does in place of bringing up its guest at once. */
  readonly onStart?: (worker: FakeWorker, bringUp: () => Promise<void>) => void;
  /** A guest that speaks no HTTP. */
  readonly raw?: (bytes: Buffer) => string | null;
}

/** `Websites` behind a server, with guests that are servers of this process, at the sockets where workers would listen. */
export class WebsiteRig {
  readonly websites: Websites;
  readonly workers: FakeWorkers;
  /** What guests were asked. */
  readonly asked: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[] = [];
  /** Changes what a guest answers. */
  answer: (response: Parameters<RequestListener>[1], incoming: IncomingMessage) => void = (response) =>
    response.end('from the guest');
  events: readonly object[] = EVENTS;
  port = 0;

  private constructor(
    t: ExecutionContext,
    { onStart, raw, limits = {}, isKnown = () => true, now = Date.now }: RigOptions,
  ) {
    this.workers = new FakeWorkers((worker) => {
      const bringUp = async (): Promise<void> => this.#bringUp(t, worker, raw);
      if (onStart === undefined) void bringUp();
      else onStart(worker, bringUp);
    });
    this.websites = new Websites({
      startWork: this.workers.startWork,
      eventsOf: () => lines(this.events),
      port: () => this.port,
      limits,
      isKnown,
      now,
    });
  }

  static async start(t: ExecutionContext, options: RigOptions = {}): Promise<WebsiteRig> {
    const rig = new WebsiteRig(t, options);
    const server = createServer();
    server.on('request', (incoming, response) => {
      if (rig.websites.isFor(incoming)) rig.websites.handle(incoming, response);
      else response.writeHead(418).end('the dashboard');
    });
    server.on('upgrade', (incoming, socket, head) => rig.websites.upgrade(incoming, socket, head));
    const close = closing(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    rig.port = (server.address() as AddressInfo).port;
    t.teardown(async () => {
      await close[Symbol.asyncDispose]();
      await rig.websites[Symbol.asyncDispose]();
    });
    return rig;
  }

  async #bringUp(t: ExecutionContext, worker: FakeWorker, raw: RigOptions['raw']): Promise<void> {
    if (worker.work.kind !== 'websites') throw new Error('Not of a website');
    const server = createServer((incoming, response) => void this.#hear(incoming, response));
    server.on('upgrade', (_incoming, socket, head) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nSet-Cookie: layer_session=x\r\nSet-Cookie: a=b\r\n\r\n',
      );
      socket.write(head);
      socket.pipe(socket);
    });
    if (raw !== undefined) server.removeAllListeners('connection');
    if (raw !== undefined)
      server.on('connection', (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes: Buffer) => {
          const said = raw(bytes);
          if (said !== null) socket.end(said, 'latin1');
        });
      });
    const close = closing(server);
    worker.signal.addEventListener('abort', () => void close[Symbol.asyncDispose](), { once: true });
    server.listen(worker.work.socket);
    await once(server, 'listening');
    t.teardown(async () => close[Symbol.asyncDispose]());
    worker.say({ type: 'ready' });
  }

  async #hear(incoming: IncomingMessage, response: Parameters<RequestListener>[1]): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    this.asked.push({ method, url, headers, body: await text(incoming) });
    this.answer(response, incoming);
  }

  /** A ticket's URL; throws where there is none. */
  async ticket(
    layerfile = 'web/Layerfile',
    wish: Parameters<Websites['ticket']>[3] = {},
    job = fakeJob(),
  ): Promise<URL> {
    const url = await this.websites.ticket(job, layerfile, CALLER, wish);
    if (url === null) throw new Error(`${layerfile} has no website`);
    return new URL(url);
  }

  async ask(
    url: URL | string,
    headers: Record<string, string> = {},
    { method = 'GET', body = '' } = {},
  ): Promise<Answer> {
    const { host, pathname, search } = new URL(url);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asking = request({
      host: '127.0.0.1',
      port: this.port,
      method,
      path: `${pathname}${search}`,
      headers: { host, ...headers },
      agent: false,
    });
    asking.once('response', resolve).once('error', reject).end(body);
    const response = await promise;
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  }

  /** What a browser has after it has opened a ticket. */
  async enter(ticket: URL): Promise<{ readonly url: string; readonly cookie: string }> {
    const { headers } = await this.ask(ticket);
    const cookie = headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
    return { url: `${ticket.origin}${headers.location ?? ''}`, cookie };
  }

  raw(sent: string): RawClient {
    return new RawClient(this.port, sent);
  }
}

async function* lines(events: readonly object[]): AsyncIterable<string> {
  for (const event of events) yield await Promise.resolve(JSON.stringify(event));
}
