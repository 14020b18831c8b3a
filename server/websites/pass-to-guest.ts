import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';

import { passOn, passOnUpgrade, type PassingOn } from '../../util/pass-on-http.ts';
import type { Admitted } from './entrance.ts';
import { cleanAnswer, cleanRequest } from './guest-headers.ts';
import { type Page, rawPage, sendPage, wantsPage } from './pages.ts';
import type { WebsiteMachine } from './website-machine.ts';

/** Passes a request on to its website, once the machine is there; somebody who looks at a page sees meanwhile what is being done. */
export async function passRequest(
  admitted: Admitted,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  useUntilClosed(admitted.website.machine, response);
  const limitMs = wantsPage(request) ? admitted.limits.pageMs : admitted.limits.wakeMs;
  const reached = await reach(admitted, limitMs);
  if (reached instanceof Socket) await passOn(request, response, passingOn(admitted, request, reached));
  else sendPage(request, response, reached);
}

export async function passUpgrade(
  admitted: Admitted,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  useUntilClosed(admitted.website.machine, socket);
  const reached = await reach(admitted, admitted.limits.wakeMs);
  if (reached instanceof Socket) await passOnUpgrade(request, socket, head, passingOn(admitted, request, reached));
  else socket.end(rawPage(reached));
}

function useUntilClosed(machine: WebsiteMachine, asking: ServerResponse | Socket): void {
  const use = machine.use();
  if (asking.destroyed) use[Symbol.dispose]();
  else asking.once('close', () => use[Symbol.dispose]());
}

/** A connection to what listens in the worker; or what to say instead. */
async function reach({ website, limits, jobUrl }: Admitted, limitMs: number): Promise<Socket | Page> {
  const { machine, layerfile } = website;
  const link = { href: jobUrl, text: 'To its job' };
  const title = `The website of ${layerfile} cannot be reached`;
  if (machine.users > limits.mostRequests)
    return { status: 503, title, text: `${limits.mostRequests} requests to it are under way.`, link };
  const reached = await within(limitMs, machine.reach());
  if (reached === null) {
    const text = `${machine.doing ?? 'The machine is starting'} …`;
    return { status: 503, title: `Waking the machine of ${layerfile}`, text, link, againAfterSeconds: 1 };
  }
  if (!reached.ok) return { status: 502, title, text: [reached.message, reached.hint ?? ''].join('\n').trim(), link };
  const connection = connect({ path: reached.socket });
  try {
    await once(connection, 'connect');
    return connection;
  } catch {
    return { status: 502, title, text: 'The machine has just ended. Load the page again to wake it.', link };
  }
}

/** Null where it takes longer. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | null> {
  const { promise: passed, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), limitMs);
  try {
    return await Promise.race([promise, passed]);
  } finally {
    clearTimeout(timer);
  }
}

function passingOn(
  { address, website, limits, jobUrl }: Admitted,
  request: IncomingMessage,
  connection: Socket,
): PassingOn {
  const { host = '' } = request.headers;
  request.url = address.target.startsWith('/') ? address.target : `/${address.target}`;
  cleanRequest(request.headers, address);
  let isAnswered = false;
  // Of silence: an upload may take as long as it likes, and so may an answer once it has begun.
  connection.setTimeout(limits.answerMs, () => connection.destroy(new Error('it did not answer in time')));
  return {
    connection,
    onAnswer: (headers) => {
      isAnswered = true;
      connection.setTimeout(0);
      cleanAnswer(headers, address, host);
    },
    onFailure: ({ message }, back) => {
      const text = `It ended the connection: ${message.split('\n', 1)[0] ?? ''}`;
      const title = `The website of ${website.layerfile} broke off`;
      const page = { status: 502, title, text, link: { href: jobUrl, text: 'To its job' } };
      if (back instanceof ServerResponse) sendPage(request, back, page);
      else if (isAnswered) back?.destroy();
      else back?.end(rawPage(page));
    },
  };
}
