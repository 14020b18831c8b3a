import type { ExecutionContext } from 'ava';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';

import { type ApiApp, makeApp } from '../../../server/api/app.ts';
import type { RequestLimits } from '../../../server/api/guards.ts';
import type { OwnAddress } from '../../../server/api/request-origin.ts';
import type { KnownRoute } from '../../../server/api/route-access.ts';
import { ErrorAnswer } from '../../../server/api/schemas/index.ts';
import { logSettings, ServerMetrics } from '../../../server/operations/index.ts';
import { type FakeServices, fakeServices } from './fake-services.ts';

export const ROLES = ['read', 'member', 'admin'] as const;
type TestRole = (typeof ROLES)[number];

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly text: string;
  readonly body: unknown;
}

export interface AskOptions {
  /** Null: nobody. */
  readonly as?: TestRole | null;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiRig extends ApiApp {
  readonly services: FakeServices;
  readonly tokens: Readonly<Record<TestRole, string>>;
  /** All that the server has logged. */
  readonly log: () => string;
  /** Every answer is compared with what the route's schema says of it. */
  readonly ask: (method: string, url: string, options?: AskOptions) => Promise<Asked>;
}

export interface RigOptions {
  readonly services?: Partial<FakeServices>;
  readonly limits?: RequestLimits;
  readonly own?: Partial<OwnAddress>;
  readonly dashboard?: string;
  readonly form?: 'json' | 'readable';
}

/** The API over stand-ins, asked without a socket. Its end is the test's. */
export async function apiRig(t: ExecutionContext, options: RigOptions = {}): Promise<ApiRig> {
  const services = fakeServices(options.services);
  const lines: string[] = [];
  const log = logSettings({ write: (line) => void lines.push(line) }, options.form ?? 'json');
  const made = await makeApp({
    services,
    metrics: new ServerMetrics({
      jobs: () => services.jobs.counts(),
      machines: () => services.jobs.runners().machines,
      workers: () => services.jobs.runners().workers,
      waiting: () => services.jobs.runners().waiting.length,
      streams: () => made.streams.list().length,
    }),
    own: { host: '127.0.0.1', publicUrl: null, ...options.own },
    log,
    dashboard: options.dashboard ?? '/nonexistent',
    version: '0.0.0',
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await made.app.ready();
  t.teardown(async () => {
    made.streams.endAll();
    await made.app.close();
  });
  const tokens = Object.fromEntries(
    ROLES.map((role) => [role, services.access.createToken(`the ${role}`, role)?.token ?? '']),
  ) as Record<TestRole, string>;
  return { ...made, services, tokens, log: () => lines.join(''), ask };

  async function ask(
    method: string,
    url: string,
    { as = 'admin', body, headers = {} }: AskOptions = {},
  ): Promise<Asked> {
    const authorization = as === null ? {} : { authorization: `Bearer ${tokens[as]}` };
    const answer = await made.app.inject({
      method,
      url,
      headers: { host: '127.0.0.1:8464', ...authorization, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    const parsed: unknown = isJson ? answer.json() : undefined;
    demandSchema(t, made.routes, { method, url, status: answer.statusCode }, parsed);
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: parsed };
  }
}

/** The route of an address without its query. */
function routeAt(routes: readonly KnownRoute[], method: string, url: string): KnownRoute | undefined {
  const parts = (url.split('?', 1)[0] ?? '').split('/');
  const fits = (route: KnownRoute): boolean => {
    const names = route.url.split('/');
    return names.length === parts.length && names.every((name, index) => name.startsWith(':') || name === parts[index]);
  };
  return routes
    .filter((route) => route.method === method && fits(route))
    .sort((a, b) => countOfNames(a) - countOfNames(b))[0];
}

function countOfNames({ url }: KnownRoute): number {
  return url.split(':').length;
}

function demandSchema(
  t: ExecutionContext,
  routes: readonly KnownRoute[],
  { method, url, status }: { readonly method: string; readonly url: string; readonly status: number },
  body: unknown,
): void {
  if (body === undefined) return;
  const response = routeAt(routes, method, url)?.schema?.response as Readonly<Record<string, TSchema>> | undefined;
  const schema =
    response?.[status] ?? response?.[`${Math.floor(status / 100)}xx`] ?? (status >= 400 ? ErrorAnswer : undefined);
  if (schema === undefined) t.fail(`${method} ${url} answered ${status}, which its schema does not have`);
  else t.deepEqual([...Value.Errors(schema, body)], [], `${method} ${url}: ${status}`);
}
