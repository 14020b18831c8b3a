import { becomes, dashboardTest, type Site } from './open-dashboard.ts';

const failedJob = (jobs: Site['jobs']): number =>
  jobs.list('"Say that the shop is open"', { limit: 1 }).jobs[0]?.id ?? 0;

const pages = (failed: number): readonly string[] => [
  '/',
  `/jobs/${failed}`,
  `/jobs/${failed}?view=graph`,
  `/jobs/${failed}?view=timeline`,
  '/machines',
  '/history',
  '/repositories',
  '/repositories/shop',
  '/tokens',
  '/nothing-here',
];

dashboardTest(
  'no page is wider than a window of 400 pixels, or says anything on the console',
  async (t, { open, jobs }) => {
    await using dashboard = await open('/', { viewport: { width: 400, height: 800 } });
    const { page, problems } = dashboard;
    for (const path of pages(failedJob(jobs))) {
      await page.goto(path);
      await page.locator('main h1').waitFor();
      const loading = page.locator('.loading');
      while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' });
      t.true(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 400, path);
    }
    t.deepEqual(problems, []);
  },
);

dashboardTest('the page is dark where the system is, and as one chooses', async (t, { open }) => {
  await using dashboard = await open('/', { colorScheme: 'dark' });
  const { page } = dashboard;
  const brightness = () =>
    page.evaluate('Number(/\\d+/.exec(getComputedStyle(document.documentElement).backgroundColor)[0])');
  await page.locator('.job-row').first().waitFor();
  t.true(Number(await brightness()) < 60);
  await page.getByRole('button', { name: /^Colours: as the system has them/ }).click();
  t.true(Number(await brightness()) > 200);
  await page.reload();
  await page.locator('.job-row').first().waitFor();
  t.true(Number(await brightness()) > 200, 'what was chosen is remembered');
});

dashboardTest(
  'a secret is set, replaced and removed, and its value is nowhere afterwards',
  async (t, { open, repositories }) => {
    await using dashboard = await open('/repositories/shop', { role: 'member' });
    const { page, problems } = dashboard;
    const secrets = page.locator('section', { has: page.getByRole('heading', { name: 'Secrets' }) });
    await secrets.getByLabel('Name').fill('NPM_TOKEN');
    await secrets.getByLabel('Value').fill('hunter2hunter2');
    await secrets.getByRole('button', { name: 'Set', exact: true }).click();
    await secrets.getByRole('rowheader', { name: 'NPM_TOKEN' }).waitFor();
    t.false((await page.content()).includes('hunter2'));
    t.is(await secrets.getByLabel('Value').inputValue(), '');
    await secrets
      .getByRole('row', { name: /NPM_TOKEN/ })
      .getByRole('button', { name: 'Replace' })
      .click();
    t.is(await secrets.getByLabel('Name').inputValue(), 'NPM_TOKEN');
    t.is(await secrets.getByLabel('Value').inputValue(), '', 'what it was does not come back');
    await secrets.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await becomes(t, () => repositories.secrets('shop').length, 0);
    await becomes(t, () => secrets.getByRole('row').count(), 0);
    t.deepEqual(problems, []);
  },
);

dashboardTest(
  'an administrator changes settings, makes a token that is shown once, and revokes it',
  async (t, { open, repositories }) => {
    await using dashboard = await open('/repositories/tools');
    const { page, problems } = dashboard;
    await page.getByLabel(/^A newer push on a branch cancels/).uncheck();
    await page.getByRole('button', { name: 'Save' }).first().click();
    await becomes(t, () => repositories.settings('tools')?.cancelSuperseded, false);
    await page.getByRole('link', { name: 'Tokens' }).click();
    await page.getByLabel('Name').fill('a robot');
    await page.getByRole('button', { name: 'Create a token' }).click();
    const token = await page.locator('.told-done .commands code').textContent();
    t.regex(token ?? '', /^layer_/);
    await page.getByRole('button', { name: 'I have it' }).click();
    t.false((await page.content()).includes(token ?? ''));
    await page
      .getByRole('row', { name: /a robot/ })
      .getByRole('button', { name: 'Revoke' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await becomes(t, () => page.getByRole('row', { name: /a robot/ }).count(), 0);
    t.deepEqual(problems, []);
  },
);

dashboardTest('history is drawn, and told in a table', async (t, { open }) => {
  await using dashboard = await open('/history');
  const { page, problems } = dashboard;
  await becomes(t, () => page.locator('.chart canvas').count(), 3);
  t.true((await page.locator('tbody tr').count()) > 5);
  await page.getByRole('button', { name: '7 days' }).click();
  await becomes(t, async () => (await page.locator('tbody tr').count()) <= 8, true);
  t.deepEqual(problems, []);
});

dashboardTest('machines and what waits for them are told as they change', async (t, { open, jobs }) => {
  await using dashboard = await open('/machines');
  const { page, problems } = dashboard;
  await page.getByText('Nothing runs now.').waitFor();
  jobs.runnersNow = {
    machines: { running: 2, limit: 4 },
    memory: { usedMib: 2048, limitMib: 8192 },
    workers: [{ kind: 'build', job: failedJob(jobs), sinceMs: Date.now() - 5000, machines: 2, memoryMib: 2048 }],
    waiting: [{ job: failedJob(jobs), sinceMs: Date.now() - 2000, for: 'a machine of 1024 MiB' }],
  };
  await page.getByRole('cell', { name: 'a machine of 1024 MiB' }).waitFor();
  t.true((await page.locator('.meters').textContent())?.includes('2.0 GiB of 8.0 GiB'));
  t.deepEqual(problems, []);
});

dashboardTest('a session that has ended asks for the token again, and says why', async (t, { open }) => {
  await using dashboard = await open('/repositories');
  const { page, context } = dashboard;
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
  await context.clearCookies();
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText('Your session has ended.').waitFor();
  t.is(new URL(page.url()).pathname, '/history');
});
