import { request } from '../fixture/fill-jobs.ts';
import { becomes, dashboardTest } from './open-dashboard.ts';

dashboardTest(
  'a wrong token is refused, the right one opens the page and is remembered, until log out',
  async (t, { open, tokens }) => {
    await using dashboard = await open('/', { role: null });
    const { page, problems } = dashboard;
    await page.getByLabel('Token').fill('layer_wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('The server does not know this token.').waitFor();
    await page.getByLabel('Token').fill(tokens.member);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    t.is(await page.getByRole('link', { name: 'Tokens' }).count(), 0, 'only administrators have that page');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Token').waitFor();
    await page.reload();
    await page.getByLabel('Token').waitFor();
    t.deepEqual(problems, []);
  },
);

dashboardTest(
  'a push appears in the list at once, and its state changes without a reload',
  async (t, { open, jobs }) => {
    await using dashboard = await open('/');
    const { page, problems } = dashboard;
    await page.locator('.job-row').first().waitFor();
    const { onSubmit } = jobs;
    jobs.onSubmit = () => undefined;
    const { id } = jobs.submit(request({ title: 'A live one', branch: 'live' }));
    jobs.onSubmit = onSubmit;
    const row = page.locator('.job-row').first();
    const words = async (): Promise<readonly (string | null)[]> => [
      await row.locator('.job-name').textContent(),
      await row.locator('.state-word').textContent(),
    ];
    await becomes(t, words, ['A live one', 'queued']);
    jobs.begin(id, 'push');
    await becomes(t, words, ['A live one', 'running']);
    const counts = { restored: 12, ran: 5, failed: 1, waiting: 0, durationMs: 42_000, savedMs: 192_000 };
    jobs.end(id, 'failed', { counts });
    await becomes(t, words, ['A live one', 'failed']);
    t.is(await row.locator('.job-result').textContent(), '12 restored, 5 ran, 1 failedsaved 3 m 12 s');
    t.deepEqual(problems, []);
  },
);

dashboardTest('jobs are searched with the filter language, and the address keeps the search', async (t, { open }) => {
  await using dashboard = await open('/');
  const { page, problems } = dashboard;
  const states = () => page.locator('.job-row .state-word').allTextContents();
  await page.locator('.job-row').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('status:failed repo:shop');
  await becomes(t, async () => [...new Set(await states())], ['failed']);
  t.is(new URL(page.url()).searchParams.get('search'), 'status:failed repo:shop');
  t.is(await page.getByRole('button', { name: 'failed', exact: true }).getAttribute('aria-pressed'), 'true');
  await page.reload();
  await becomes(t, async () => [...new Set(await states())], ['failed']);
  await page.getByLabel('Search jobs').fill('nothing-is-called-so');
  await page.getByText('No job is found by “nothing-is-called-so”.').waitFor();
  await page.getByRole('button', { name: 'Show all jobs' }).click();
  await page.locator('.job-row').first().waitFor();
  t.deepEqual(problems, []);
});

dashboardTest('older jobs come page by page', async (t, { open, jobs }) => {
  await using dashboard = await open('/');
  const { page } = dashboard;
  await becomes(t, () => page.locator('.job-row').count(), 50);
  await page.getByRole('button', { name: 'Show older jobs' }).click();
  await becomes(t, () => page.locator('.job-row').count(), Math.min(100, jobs.list('', { limit: 200 }).jobs.length));
});

dashboardTest('the keyboard walks through the list, opens a job, and shows the help', async (t, { open }) => {
  await using dashboard = await open('/');
  const { page, problems } = dashboard;
  await page.locator('.job-row').first().waitFor();
  for (const key of ['j', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key);
  const second = await page.locator('.job-link').nth(1).getAttribute('href');
  t.is(await page.evaluate('document.activeElement.getAttribute("href")'), second);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${second ?? ''}`);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Help' });
  await help.waitFor();
  t.true((await help.textContent())?.includes('status:failed'));
  await page.keyboard.press('Escape');
  await becomes(t, () => page.getByRole('dialog').count(), 0);
  t.deepEqual(problems, []);
});

dashboardTest('a server that nothing was pushed to says how to begin', async (t, { open, tokens, url }) => {
  await using dashboard = await open('/', { role: null });
  const { page, context } = dashboard;
  await page.route('**/api/jobs?*', (route) => route.fulfill({ json: { jobs: [], next: null } }));
  await context.request.post('/api/session', {
    data: { token: tokens.read },
    headers: { origin: url },
  });
  await page.goto('/');
  await page.getByText('No jobs yet. Push something.').waitFor();
  // A repository that is there is taken for the example, once it is known.
  await page.locator('.commands code', { hasText: 'shop.git' }).waitFor();
  const lines = (await page.locator('.commands code').textContent())?.split('\n');
  t.deepEqual(lines, [
    `git remote add layer ${url.replace('//', '//layer:TOKEN@')}/git/shop.git`,
    'git push layer main',
  ]);
});
