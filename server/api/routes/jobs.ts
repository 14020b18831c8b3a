import type { Job } from '../../jobs/job.ts';
import type { JobAction } from '../../jobs/job-action.ts';
import { type App, callerOf, type RouteContext } from '../app-type.ts';
import { historyOf } from '../history.ts';
import { conflict, notFound } from '../http-error.ts';
import {
  ButtonBody,
  History,
  HistoryQuery,
  Job as JobSchema,
  JobAnswer,
  JobList,
  JobListQuery,
  JobPlace,
  NewJob,
} from '../schemas/index.ts';
import type { JobService } from '../services.ts';

const PAGE = 50;
const HISTORY_DAYS = 30;

/** Throws a 404 where there is none. */
export function jobOf(jobs: JobService, id: number): Job {
  const job = jobs.get(id);
  if (job === null) throw notFound('job');
  return job;
}

export function jobRoutes(app: App, context: RouteContext): void {
  listRoutes(app, context);
  newJobRoute(app, context);
  actionRoutes(app, context);
}

function listRoutes(app: App, { services: { jobs } }: RouteContext): void {
  app.get(
    '/api/jobs',
    {
      config: { access: 'read' },
      schema: {
        summary: 'Jobs, the newest first',
        tags: ['jobs'],
        querystring: JobListQuery,
        response: { 200: JobList },
      },
    },
    ({ query: { search = '', before, limit = PAGE } }) => {
      const page = jobs.list(search, { limit, ...(before === undefined ? {} : { before }) });
      return page;
    },
  );

  app.get(
    '/api/jobs/:id',
    {
      config: { access: 'read' },
      schema: { summary: 'A job and its runs', tags: ['jobs'], params: JobPlace, response: { 200: JobAnswer } },
    },
    ({ params: { id } }) => ({ job: jobOf(jobs, id), runs: jobs.runs(id) }),
  );

  app.get(
    '/api/history',
    {
      config: { access: 'read' },
      schema: {
        summary: 'What came of the jobs, day by day',
        tags: ['jobs'],
        querystring: HistoryQuery,
        response: { 200: History },
      },
    },
    ({ query: { repository, days = HISTORY_DAYS } }) => historyOf(jobs, { repository, days, nowMs: Date.now() }),
  );
}

function newJobRoute(app: App, { services: { jobs, repositories } }: RouteContext): void {
  app.post(
    '/api/jobs',
    {
      config: { access: 'member' },
      schema: { summary: 'Build a commit', tags: ['jobs'], body: NewJob, response: { 201: JobSchema } },
    },
    async (request, reply) => {
      const { repository, revision, paths, priority } = request.body;
      const settings = repositories.settings(repository);
      if (settings === null) throw notFound('repository');
      const found = await repositories.find(repository, revision);
      if (found === null) throw notFound('commit in that repository');
      const job = jobs.submit({
        ...found,
        repository,
        pushedBy: callerOf(request).name,
        pushedAtMs: Date.now(),
        trust: 'trusted',
        priority: priority ?? settings.priority,
        cause: 'created',
        ...(paths === undefined ? {} : { paths }),
      });
      void reply.code(201);
      return job;
    },
  );
}

/** Throws a 404 or a 409 for what was refused. */
function doneOf(action: JobAction): Job {
  if (action.kind === 'done') return action.job;
  throw action.why === 'missing' ? notFound('job') : conflict(action.message);
}

function actionRoutes(app: App, { services: { jobs } }: RouteContext): void {
  const answered = { tags: ['jobs'], params: JobPlace, response: { 200: JobSchema } };

  app.post(
    '/api/jobs/:id/cancel',
    { config: { access: 'member' }, schema: { summary: 'Cancel a job', ...answered } },
    (request) => {
      const { id } = jobOf(jobs, request.params.id);
      return doneOf(jobs.cancel(id, callerOf(request).name));
    },
  );

  app.post(
    '/api/jobs/:id/retry',
    { config: { access: 'member' }, schema: { summary: 'Run a job again, from what failed', ...answered } },
    (request) => {
      const { id } = jobOf(jobs, request.params.id);
      return doneOf(jobs.retry(id));
    },
  );

  app.post(
    '/api/jobs/:id/buttons',
    { config: { access: 'member' }, schema: { summary: 'Press a BUTTON', body: ButtonBody, ...answered } },
    (request) => {
      const { id } = jobOf(jobs, request.params.id);
      const { layerfile, copy, step } = request.body;
      const place = { layerfile, step, ...(copy === undefined ? {} : { copy }) };
      return doneOf(jobs.press(id, place));
    },
  );
}
