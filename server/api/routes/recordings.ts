import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { notFound } from '../http-error.ts';
import { LogText, type LogWish } from '../log-text.ts';
import { JobPlace, LogsQuery, type RecordedEvent, RunQuery, StreamBody } from '../schemas/index.ts';
import type { EventLineRead, JobService } from '../services.ts';
import { jobOf } from './jobs.ts';

/** The page has no scripts, and shows what somebody's programs printed: it gets nothing to harm with. */
const REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What a run leaves: what it printed as text, its report, its timeline. */
export function recordingRoutes(app: App, { services: { jobs }, streams }: RouteContext): void {
  const response = { 200: StreamBody };

  app.get(
    '/api/jobs/:id/logs',
    {
      config: { access: 'read' },
      schema: {
        summary: 'What the steps of a run print, as text; of one step as it is, of several by lines',
        tags: ['jobs'],
        produces: ['text/plain'],
        params: JobPlace,
        querystring: LogsQuery,
        response,
      },
    },
    (request, reply) => {
      const { id } = jobOf(jobs, request.params.id);
      const run = runOf(jobs, id, request.query.run);
      const ended = new AbortController();
      const { follow = true } = request.query;
      const events = jobs.events(id, run, { byte: 0, follow, signal: ended.signal });
      if (events === null) throw notFound('run of that job');
      const open = streams.add(`logs of job ${id}`, callerOf(request).name, () => ended.abort());
      const body = Readable.from(logTexts(events, request.query), { objectMode: false });
      body.once('close', () => {
        ended.abort();
        open[Symbol.dispose]();
      });
      void reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store');
      return body;
    },
  );

  for (const [kind, type] of [
    ['report', 'text/html'],
    ['timeline', 'application/json'],
  ] as const) {
    app.get(
      `/api/jobs/:id/${kind}`,
      {
        config: { access: 'read' },
        schema: {
          summary: kind === 'report' ? "The page of a run's report" : "A run's timeline, for Perfetto and Chrome",
          tags: ['jobs'],
          produces: [type],
          params: JobPlace,
          querystring: RunQuery,
          response,
        },
      },
      (request, reply) => {
        const { id } = jobOf(jobs, request.params.id);
        const path = jobs.recording(id, runOf(jobs, id, request.query.run), kind);
        if (path === null) throw notFound(kind);
        if (kind === 'report') void reply.header('content-security-policy', REPORT_POLICY);
        void reply.type(`${type}; charset=utf-8`);
        return createReadStream(path);
      },
    );
  }
}

/** Throws a 404 where the job has no such run. */
function runOf(jobs: JobService, id: number, wanted: number | undefined): number {
  const runs = jobs.runs(id);
  const run = wanted === undefined ? runs.at(-1) : runs.find(({ number }) => number === wanted);
  if (run === undefined) throw notFound('run of that job');
  return run.number;
}

async function* logTexts(events: AsyncIterable<EventLineRead>, wish: LogWish): AsyncIterable<string> {
  const text = new LogText(wish);
  for await (const { line } of events) {
    const added = text.add(JSON.parse(line) as RecordedEvent);
    if (added !== '') yield added;
  }
  yield text.end();
}
