import type { FastifyReply } from 'fastify';

import type { Job } from '../../jobs/job.ts';
import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { EventStream } from '../event-stream.ts';
import { notFound } from '../http-error.ts';
import { EventsQuery, JobPlace, StreamBody } from '../schemas/index.ts';
import type { EventLineRead, JobService } from '../services.ts';
import { jobOf } from './jobs.ts';

/** A list that missed more than this had better ask for all of it. */
const MOST_CHANGES = 1000;

/** Streams of server-sent events: a run as it goes, and the jobs as they change. */
export function eventRoutes(app: App, { services: { jobs, access }, streams }: RouteContext): void {
  const response = { 200: StreamBody };

  app.get(
    '/api/jobs/:id/events',
    {
      config: { access: 'read' },
      schema: {
        summary: "A run's events, those to come included (text/event-stream)",
        tags: ['jobs'],
        produces: ['text/event-stream'],
        params: JobPlace,
        querystring: EventsQuery,
        response,
      },
    },
    (request, reply) => {
      const { id, runs } = jobOf(jobs, request.params.id);
      const wanted = request.query.run ?? Math.max(1, runs);
      const from = placeToGoOn(wanted, request.query.after, request.headers['last-event-id']);
      const { token, name } = callerOf(request);
      const stream = new EventStream(() => access.isKnown(token));
      const events = jobs.events(id, wanted, { byte: from, follow: true, signal: stream.signal });
      if (events === null) throw notFound('run of that job');
      const open = streams.add(`events of job ${id}`, name, () => stream.end());
      void sendRun(stream, wanted, events).finally(() => open[Symbol.dispose]());
      return sendStream(reply, stream);
    },
  );

  app.get(
    '/api/jobs/live',
    {
      config: { access: 'read' },
      schema: {
        summary: 'Each job whenever it changes (text/event-stream)',
        tags: ['jobs'],
        produces: ['text/event-stream'],
        response,
      },
    },
    (request, reply) => {
      const { token, name } = callerOf(request);
      const stream = new EventStream(() => access.isKnown(token));
      const open = streams.add('changes of jobs', name, () => stream.end());
      void sendChanges(stream, jobs).finally(() => open[Symbol.dispose]());
      return sendStream(reply, stream);
    },
  );
}

/** The byte to go on from. An id of another run begins this one anew: a page or a proxy may have kept an old one. */
function placeToGoOn(run: number, after: string | undefined, lastEventId: string | string[] | undefined): number {
  const text = typeof lastEventId === 'string' ? lastEventId : after;
  const [, ofRun, byte] = /^(\d{1,10})\.(\d{1,15})$/.exec(text ?? '') ?? [];
  return Number(ofRun) === run ? Number(byte) : 0;
}

async function sendRun(stream: EventStream, run: number, events: AsyncIterable<EventLineRead>): Promise<void> {
  try {
    for await (const { id, line } of events)
      await stream.send({ event: eventName(line), data: line, id: `${run}.${id}` });
  } catch (error) {
    if (!stream.signal.aborted) stream.body.destroy(error as Error);
  }
  stream.finish();
}

/** Only the newest state of each job is sent, so a slow reader holds up one entry a job and no more. */
async function sendChanges(stream: EventStream, jobs: JobService): Promise<void> {
  const changed = new Map<number, Job>();
  let wake = Promise.withResolvers<undefined>();
  using _ = jobs.onChange((job) => {
    changed.set(job.id, job);
    wake.resolve(undefined);
  });
  stream.signal.addEventListener('abort', () => wake.resolve(undefined));
  while (!stream.signal.aborted && changed.size <= MOST_CHANGES) {
    const [next] = changed.values();
    if (next === undefined) {
      wake = Promise.withResolvers<undefined>();
      await wake.promise;
      continue;
    }
    changed.delete(next.id);
    await stream.send({ event: 'job', data: JSON.stringify(next) }).catch(() => undefined);
  }
  stream.end();
}

/** The line's `event`, without parsing what may be long. */
function eventName(line: string): string {
  return /"event":"([a-z-]{1,40})"/.exec(line)?.[1] ?? 'message';
}

/** `no-transform` and X-Accel-Buffering keep proxies from holding events back. */
function sendStream(reply: FastifyReply, stream: EventStream): NodeJS.ReadableStream {
  void reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store, no-transform')
    .header('x-accel-buffering', 'no');
  return stream.body;
}
