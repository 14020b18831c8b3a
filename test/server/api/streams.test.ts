import test, { type ExecutionContext } from 'ava';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { EventStream } from '../../../server/api/event-stream.ts';
import { request } from '../fixture/fill-jobs.ts';
import { type ApiRig, apiRig } from './api-rig.ts';

interface Event {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/** The API on a socket. */
async function listening(t: ExecutionContext): Promise<ApiRig & { readonly url: string }> {
  const rig = await apiRig(t);
  return { ...rig, url: await rig.app.listen({ host: '127.0.0.1', port: 0 }) };
}

async function open(
  rig: ApiRig & { readonly url: string },
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const authorization = `Bearer ${rig.tokens.read}`;
  const asked = get(`${rig.url}${path}`, { headers: { authorization, ...headers }, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<Event, undefined> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const parts = (text + String(chunk)).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
      if (field('data') !== undefined) yield { id: field('id'), event: field('event'), data: field('data') };
    }
  }
  return undefined;
}

async function all(response: IncomingMessage): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

function output(text: string): {
  atMs: number;
  event: 'output';
  layerfile: string;
  step: number;
  stream: 'stdout';
  text: string;
} {
  return { atMs: 1, event: 'output', layerfile: 'Layerfile', step: 2, stream: 'stdout', text };
}

test('a run comes as events while it runs, goes on after the last one that was seen, and ends with it', async (t) => {
  const rig = await listening(t);
  const { jobs } = rig.services;
  const { id } = jobs.submit(request({}));
  jobs.begin(id, 'push');
  jobs.emit(id, output('one'));
  const response = await open(rig, '/api/jobs/1/events');
  t.is(response.headers['content-type'], 'text/event-stream; charset=utf-8');
  t.is(response.headers['x-accel-buffering'], 'no');
  const live = eventsOf(response);
  const first = (await live.next()).value;
  t.is(first?.event, 'output');
  t.regex(first?.id ?? '', /^1\.\d+$/);
  const next = live.next();
  jobs.emit(id, output('two'));
  t.like(JSON.parse((await next).value?.data ?? '{}'), { text: 'two' });
  jobs.end(id, 'failed', { reason: 'because' });
  const end = (await live.next()).value;
  t.is(end?.event, 'end');
  t.true((await live.next()).done, 'the stream ends');

  const resumed = await all(await open(rig, '/api/jobs/1/events', { 'last-event-id': first?.id ?? '' }));
  t.deepEqual(
    resumed.map(({ event }) => event),
    ['output', 'end'],
  );
  t.like(JSON.parse(resumed[0]?.data ?? '{}'), { text: 'two' });
  t.is((await all(await open(rig, `/api/jobs/1/events?after=${first?.id ?? ''}`))).length, 2);
  t.is((await all(await open(rig, '/api/jobs/1/events', { 'last-event-id': '7.100' }))).length, 3, "another run's");
  t.is((await all(await open(rig, '/api/jobs/1/events', { 'last-event-id': 'x\u00ff' }))).length, 3, 'no id of ours');
});

test('whoever leaves is not waited for: nothing of the stream stays', async (t) => {
  const rig = await listening(t);
  const { jobs } = rig.services;
  const { id } = jobs.submit(request({}));
  jobs.begin(id, 'push');
  const response = await open(rig, '/api/jobs/1/events');
  await once(response, 'data');
  t.is(rig.streams.list().length, 1);
  response.destroy();
  while (rig.streams.list().length > 0 || jobs.waitingReaders > 0) await delay(5);
  t.pass();
});

test('a reader that does not read is waited for, and what it has not read is kept nowhere', async (t) => {
  const stream = new EventStream(() => true);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 100_000; sent++) await stream.send({ event: 'output', data: 'x'.repeat(1000) });
  })().catch(() => undefined);
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  t.true(sent < 200, `${sent} events of 1 KB were taken with nobody reading`);
  t.true(stream.body.readableLength < 2 ** 18);
  stream.body.destroy();
  await sending;
});

test('a stream of changes has the newest state of each job, however many it went through', async (t) => {
  const rig = await listening(t);
  const { jobs } = rig.services;
  const live = eventsOf(await open(rig, '/api/jobs/live'));
  const next = live.next();
  const { id } = jobs.submit(request({ title: 'live' }));
  jobs.begin(id, 'push');
  const seen = [JSON.parse((await next).value?.data ?? '{}') as { id: number; state: string }];
  jobs.end(id, 'succeeded');
  while (seen.at(-1)?.state !== 'succeeded')
    seen.push(JSON.parse((await live.next()).value?.data ?? '{}') as (typeof seen)[0]);
  t.true(seen.length <= 3);
  t.true(seen.every((job) => job.id === id));
  await live.return(undefined);
});

test('an open stream is kept alive by comments, and ends when its token is revoked', async (t) => {
  let isAllowed = true;
  const stream = new EventStream(() => isAllowed, 5);
  const chunks: string[] = [];
  stream.body.setEncoding('utf8');
  const beaten = Promise.withResolvers<undefined>();
  stream.body.on('data', (chunk: string) => {
    chunks.push(chunk);
    if (chunks.join('').includes('\n:\n\n')) beaten.resolve(undefined);
  });
  await beaten.promise;
  isAllowed = false;
  await once(stream.body, 'end');
  t.regex(chunks.join(''), /^retry: 1000\n\n(:\n\n)+retry: 5000\n\n$/);
  t.true(stream.signal.aborted);
});

test('what an event is called and says cannot be taken for another field', async (t) => {
  const stream = new EventStream(() => true);
  await stream.send({ event: 'a\nid: 7', data: '{"x":1}\r\n\r\ndata: evil' });
  stream.finish();
  const text = (await stream.body.setEncoding('utf8').toArray()).join('');
  t.is(text, 'retry: 1000\n\nevent: a_id__7\ndata: {"x":1} data: evil\n\n');
});

test('200 log streams are open at once, and pages answer beside them', async (t) => {
  const rig = await listening(t);
  const { jobs } = rig.services;
  const { id } = jobs.submit(request({}));
  jobs.begin(id, 'push');
  jobs.emit(id, output('begun'));
  const streams = await Promise.all(Array.from({ length: 200 }, () => open(rig, '/api/jobs/1/events')));
  const reads = streams.map((stream) => all(stream));
  t.is(rig.streams.list().length, 200);
  const times: number[] = [];
  for (let round = 0; round < 40; round++) {
    jobs.emit(id, output(`line ${round}`));
    const began = performance.now();
    (await open(rig, '/api/jobs')).resume();
    times.push(performance.now() - began);
  }
  jobs.end(id, 'succeeded');
  for (const events of await Promise.all(reads)) t.is(events.length, 42);
  const median = times.sort((a, b) => a - b)[20] ?? 0;
  t.log(`median of a page beside 200 streams: ${median.toFixed(1)} ms`);
  t.true(median < 200);
  while (rig.streams.list().length > 0) await delay(5);
});

test('streams of one caller are bounded', async (t) => {
  const rig = await listening(t);
  const { id } = rig.services.jobs.submit(request({}));
  rig.services.jobs.begin(id, 'push');
  const streams = await Promise.all(Array.from({ length: 400 }, () => open(rig, '/api/jobs/1/events')));
  t.true(streams.every(({ statusCode }) => statusCode === 200));
  t.is((await open(rig, '/api/jobs/1/events')).statusCode, 429);
  for (const stream of streams) stream.destroy();
});
