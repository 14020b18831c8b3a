import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

import { buildDashboard } from '../../../server/dashboard-files.ts';
import { chromiumTest } from '../../helpers/chromium.ts';
import { type Fixture, startFixture } from '../fixture/start-fixture.ts';

type Role = keyof Fixture['tokens'];

/** One for all tests of a file. */
let fixture: Promise<Fixture> | null = null;

/** What a test has: the server with its stand-ins, and pages on it. */
export interface Site
  extends Pick<Fixture, 'url' | 'tokens' | 'streams'>,
    Pick<Fixture['services'], 'jobs' | 'repositories'> {
  /** Opens `path`, logged in. */
  readonly open: (path: string, options?: Options) => Promise<Dashboard>;
}

/** Registers a test of the page as it is served, in Chromium, over the true API with made-up jobs. */
export function dashboardTest(title: string, body: (t: ExecutionContext, site: Site) => Promise<void>): void {
  chromiumTest(title, async (t, browser) => {
    fixture ??= openFixture();
    const opened = await fixture;
    const { url, tokens, streams, services } = opened;
    const { jobs, repositories } = services;
    const open: Site['open'] = (path, options) => openDashboard(browser, opened, path, options);
    await body(t, { url, tokens, streams, jobs, repositories, open });
  });
}

test.after.always(async () => (await fixture)?.[Symbol.asyncDispose]());

/** Runs that begin by themselves go a thousand times as fast as they are written. */
async function openFixture(): Promise<Fixture> {
  const trouble = await buildDashboard();
  if (trouble !== null) throw new Error(`The dashboard cannot be built:\n${trouble}`);
  return startFixture({ live: false, speed: 1000 });
}

/** A browser's page on the dashboard, and what went wrong on it. */
export interface Dashboard extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, violations of the Content-Security-Policy, dialogs, and requests to elsewhere. */
  readonly problems: readonly string[];
}

interface Options extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme'> {
  /** Whose token to log in with; null: nobody's. */
  readonly role?: Role | null;
}

const WIDE = { width: 1280, height: 800 };

async function openDashboard(
  browser: Browser,
  { url, tokens }: Fixture,
  path: string,
  { role = 'admin', viewport = WIDE, colorScheme = 'light' }: Options = {},
): Promise<Dashboard> {
  const context = await browser.newContext({ viewport, colorScheme, baseURL: url, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems = watch(page, url);
  if (role !== null) {
    const answer = await context.request.post('/api/session', {
      data: { token: tokens[role] },
      headers: { origin: url },
    });
    if (!answer.ok()) throw new Error(`Cannot log in: ${await answer.text()}`);
  }
  await page.goto(path);
  return { page, context, problems, [Symbol.asyncDispose]: () => context.close() };
}

/** What a browser says where nobody is logged in yet: that is how the page asks. */
const NOT_LOGGED_IN = /status of 401/;

function watch(page: Page, url: string): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(`error: ${message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !NOT_LOGGED_IN.test(message.text())) problems.push(message.text());
  });
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) problems.push(`request to ${request.url()}`);
  });
  return problems;
}

/** Waits until `look` says what is wanted, and fails with what it said last. */
export async function becomes<T>(t: ExecutionContext, look: () => Promise<T> | T, wanted: T): Promise<void> {
  const limit = Date.now() + 10_000;
  let seen = await look();
  while (JSON.stringify(seen) !== JSON.stringify(wanted) && Date.now() < limit) {
    await delay(25);
    seen = await look();
  }
  t.deepEqual(seen, wanted);
}
