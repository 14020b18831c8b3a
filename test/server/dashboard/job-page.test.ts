import type { Page } from 'playwright-core';

import type { RecordedEvent } from '../../../server/api/schemas/index.ts';
import { request } from '../fixture/fill-jobs.ts';
import { EDITED } from '../fixture/monorepo-runs.ts';
import { writtenRun } from '../fixture/written-run.ts';
import { becomes, dashboardTest, type Site } from './open-dashboard.ts';

/** A job that is under way, and tells only what a test says. */
function runningJob(jobs: Site['jobs'], title: string, ...events: readonly RecordedEvent[]): number {
  const { onSubmit } = jobs;
  jobs.onSubmit = () => undefined;
  const { id } = jobs.submit(request({ title }));
  jobs.onSubmit = onSubmit;
  jobs.begin(id, 'push');
  jobs.emit(id, ...events);
  return id;
}

function jobCalled(jobs: Site['jobs'], title: string): number {
  return jobs.list(`"${title}"`, { limit: 1 }).jobs[0]?.id ?? 0;
}

const PLACE = { layerfile: 'Layerfile', step: 2 } as const;
const STARTED: readonly RecordedEvent[] = [
  { atMs: 1, event: 'build', layerfile: 'Layerfile', name: 'tools', steps: 3 },
  { atMs: 5, event: 'start', ...PLACE, line: 2, instruction: 'RUN make test' },
];
const output = (atMs: number, text: string): RecordedEvent => ({
  atMs,
  event: 'output',
  ...PLACE,
  stream: 'stdout',
  text,
});

const SCROLLER = "document.querySelector('.log-scroller')";

function logOf(page: Page): Promise<readonly string[]> {
  return page.locator('.log-text').allTextContents();
}

dashboardTest(
  'the log of a running step comes live, in its colours, and the page follows its end',
  async (t, { open, jobs }) => {
    const id = runningJob(jobs, 'Follow me', ...STARTED, output(10, 'one\n'));
    await using dashboard = await open(`/jobs/${id}`);
    const { page, problems } = dashboard;
    await becomes(t, () => logOf(page), ['one']);
    t.true((await page.locator('.step-remark').nth(1).textContent())?.startsWith('running'));
    jobs.emit(id, output(20, '\u001b[31mtwo\u001b[0m\n'));
    await becomes(t, () => logOf(page), ['one', 'two']);
    t.is(await page.locator('.ansi-red-fg').textContent(), 'two');
    jobs.emit(id, output(30, Array.from({ length: 500 }, (_, line) => `line ${line}\n`).join('')));
    const isAtEnd = () =>
      page.evaluate(
        `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 30)(${SCROLLER})`,
      );
    await becomes(t, isAtEnd, true);
    await becomes(t, async () => (await logOf(page)).at(-1), 'line 499');
    await page.evaluate(`${SCROLLER}.scrollTop = 0`);
    await page.getByRole('button', { name: 'Follow the end' }).waitFor();
    jobs.emit(id, output(40, 'more\n'));
    await becomes(t, () => page.locator('.log-foot').textContent(), '503 linesFollow the end');
    t.is((await logOf(page))[0], 'one', 'who has scrolled away stays there');
    jobs.end(id, 'failed');
    await page.locator('.job-heading .state-failed').waitFor();
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    t.deepEqual(problems, []);
  },
);

dashboardTest(
  'a stream that breaks off goes on where it was, without a line twice',
  async (t, { open, jobs, streams }) => {
    const id = runningJob(jobs, 'Break off', ...STARTED, output(10, 'one\ntwo\n'));
    await using dashboard = await open(`/jobs/${id}`);
    const { page, context } = dashboard;
    await becomes(t, () => logOf(page), ['one', 'two']);
    await context.setOffline(true);
    streams.endAll();
    await page.getByText('Connection lost, trying again…').waitFor();
    await context.setOffline(false);
    jobs.emit(id, output(20, 'three\n'));
    await becomes(t, () => logOf(page), ['one', 'two', 'three']);
    await becomes(t, () => page.getByText('Connection lost').count(), 0);
    jobs.end(id, 'succeeded');
  },
);

dashboardTest(
  'the graph shows every Layerfile with its state, and choosing one shows its steps',
  async (t, { open, jobs }) => {
    const half = writtenRun(EDITED);
    const id = runningJob(
      jobs,
      'Edited',
      ...half.slice(
        0,
        half.findIndex((line) => line.event === 'output'),
      ),
    );
    await using dashboard = await open(`/jobs/${id}`);
    const { page, problems } = dashboard;
    const node = (name: RegExp) => page.locator('.node').and(page.getByRole('button', { name }));
    await node(/^services\/catalog: running, 4 of 8$/).waitFor();
    t.is(await node(/^e2e copy \d: not yet/).count(), 3);
    t.true((await page.locator('.arrow-FROM').count()) >= 5);
    jobs.emit(id, ...half.slice(half.findIndex((line) => line.event === 'output')));
    jobs.end(id, 'succeeded');
    await node(/^services\/catalog: ran, 3 restored, 5 ran$/).click();
    const remarks = await page.locator('.step-remark').allTextContents();
    t.is(remarks[1], 'restored');
    t.is(remarks[2], 'restored, saved 3.1 s');
    t.is(remarks[4], 'ran, because services/catalog/goods.txt changed');
    t.is(new URL(page.url()).searchParams.get('layerfile'), 'services/catalog/Layerfile');
    await page.getByRole('button', { name: 'timeline' }).click();
    t.true((await page.locator('.track-bars .bar-ran').count()) >= 5);
    t.deepEqual(problems, []);
  },
);

dashboardTest('a BUTTON says what it asks, and is pressed', async (t, { open, jobs }) => {
  await using dashboard = await open(`/jobs/${jobCalled(jobs, 'Put the summer teas online')}`);
  const { page, problems } = dashboard;
  await page.getByText('Put the shop online?', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Press', exact: true }).click();
  await page.getByText('Pressed: it goes on.').waitFor();
  t.deepEqual(jobs.pressed.at(-1), { layerfile: 'deploy/Layerfile', step: 4 });
  await page.getByLabel('Run', { exact: true }).waitFor();
  t.deepEqual(problems, []);
});

dashboardTest('a BUTTON that a running job comes to appears at once', async (t, { open, jobs }) => {
  const id = runningJob(jobs, 'Asks', ...STARTED);
  await using dashboard = await open(`/jobs/${id}`);
  const { page } = dashboard;
  await page.locator('.step-running').waitFor();
  t.is(await page.getByRole('button', { name: 'Press', exact: true }).count(), 0);
  const ended = {
    durationMs: 0,
    exitCode: null,
    observed: null,
    snapshot: null,
    snapshotMs: null,
    snapshotBytes: null,
    miss: null,
  };
  jobs.emit(id, {
    atMs: 9,
    event: 'step',
    ...PLACE,
    ...ended,
    line: 2,
    instruction: 'BUTTON Go on?',
    outcome: 'ran',
    waiting: true,
  });
  await page
    .getByRole('group', { name: 'BUTTON of tools' })
    .getByRole('button', { name: 'Press', exact: true })
    .waitFor();
  jobs.end(id, 'succeeded');
});

dashboardTest('a terminal opens in the machine of a failed step, and answers', async (t, { open, jobs }) => {
  await using dashboard = await open(`/jobs/${jobCalled(jobs, 'Say that the shop is open')}`);
  const { page, problems } = dashboard;
  await page.getByRole('button', { name: 'Terminal in the machine after step 6' }).click();
  const screen = page.locator('.xterm-rows');
  await becomes(t, async () => (await screen.textContent())?.includes('shell in e2e/Layerfile after 6#1'), true);
  await page.keyboard.type('uname -a');
  await becomes(t, async () => (await screen.textContent())?.includes('# uname -a'), true);
  const dock = page.getByRole('region', { name: /^Terminal: e2e copy 1/ });
  const before = (await dock.boundingBox())?.height ?? 0;
  await page.getByRole('separator', { name: 'Height of the terminal' }).focus();
  await page.keyboard.press('ArrowUp');
  await becomes(t, async () => ((await dock.boundingBox())?.height ?? 0) > before, true);
  t.true(
    await page.evaluate('getComputedStyle(document.querySelector(".xterm-rows")).whiteSpace === "pre"'),
    'its style sheet is there in spite of the policy',
  );
  await page.getByRole('button', { name: 'Close the terminal' }).click();
  await becomes(t, () => page.locator('.xterm').count(), 0);
  t.deepEqual(problems, []);
});

dashboardTest('a job is cancelled, and retried', async (t, { open, jobs }) => {
  const id = runningJob(jobs, 'Stop me', ...STARTED);
  await using dashboard = await open(`/jobs/${id}`, { role: 'member' });
  const { page, problems } = dashboard;
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.job-heading .state-cancelled').waitFor();
  t.is(await page.locator('.job-reason').textContent(), 'cancelled by the member');
  await page.getByRole('button', { name: 'Retry' }).click();
  await becomes(t, () => jobs.get(id)?.runs, 2);
  await becomes(t, async () => await page.getByLabel('Run', { exact: true }).inputValue(), '2');
  t.deepEqual(problems, []);
});

dashboardTest('who may only look sees no button that changes something', async (t, { open, jobs }) => {
  await using dashboard = await open(`/jobs/${jobCalled(jobs, 'Say that the shop is open')}`, {
    role: 'read',
  });
  const { page } = dashboard;
  await page.locator('.step').first().waitFor();
  t.is(await page.getByRole('button', { name: /Retry|Cancel|Press|Terminal/ }).count(), 0);
});

dashboardTest('a website of a machine opens in a tab of its own', async (t, { open, jobs }) => {
  await using dashboard = await open(`/jobs/${jobCalled(jobs, 'Assam costs 8.50')}`);
  const { page } = dashboard;
  const [tab] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: /^web/ }).click()]);
  await tab.getByRole('heading', { name: 'The shop is open' }).waitFor();
  t.is(new URL(tab.url()).hostname, 'j1-web.localhost');
  t.is(await tab.evaluate('window.opener'), null);
});
