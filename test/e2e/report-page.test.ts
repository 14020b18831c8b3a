import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';

import { pageText } from '../../cli/record/page/page.ts';
import type { RunRecord } from '../../cli/record/run-record.ts';
import { generated, monorepo } from '../cli/record/scripted-run.ts';
import { chromiumTest } from '../helpers/chromium.ts';
import { paleTexts, textsOf, widthOf } from './page-texts.ts';

const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 400, colorScheme: 'light' },
  { width: 400, colorScheme: 'dark' },
] as const;

interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** What the console said, and what was asked of the network. */
  readonly noise: readonly string[];
}

async function open(browser: Browser, record: RunRecord, look: (typeof LOOKS)[number]): Promise<OpenPage> {
  const file = pathToFileURL(join(mkdtempSync(join(tmpdir(), 'layer-report-')), 'run.html'));
  writeFileSync(file, pageText(record, '0.1.0'));
  const { width, colorScheme } = look;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(String(error)));
  page.on('request', (request) => {
    if (request.url() !== file.href) noise.push(request.url());
  });
  await page.goto(file.href);
  return { page, noise, [Symbol.asyncDispose]: async () => page.close() };
}

for (const [name, record] of Object.entries({ 'a few Layerfiles': monorepo(), '200 Layerfiles': generated(200) })) {
  chromiumTest(
    `a report of ${name} fits 1280 and 400 pixels, light and dark: nothing overflows, all text has contrast, nothing is fetched`,
    async (t, browser) => {
      await using opened = await open(browser, record, LOOKS[0]);
      const { page, noise } = opened;
      for (const { width, colorScheme } of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        t.is(await widthOf(page), width);
        const texts = await textsOf(page);
        t.true(texts.length > 100);
        t.deepEqual(paleTexts(texts), [], `${width} ${colorScheme}`);
        t.is(texts[0]!.ground[0] < 128, colorScheme === 'dark');
      }
      t.deepEqual(noise, []);
    },
  );
}

chromiumTest(
  'a bar of the timeline tells what it is when it is reached by keyboard, within the window',
  async (t, browser) => {
    for (const look of [LOOKS[0], LOOKS[2]]) {
      await using opened = await open(browser, monorepo(), look);
      const { page } = opened;
      await page.locator('a.bar').first().focus();
      for (let bar = 0; bar < 5; bar++) {
        await page.keyboard.press('Tab');
        const tip = await page.evaluate<{ readonly content: string; readonly width: string; readonly label: string }>(
          `(({ content, width }, label) => ({ content, width, label }))(getComputedStyle(document.activeElement, '::after'), document.activeElement.ariaLabel)`,
        );
        t.is(tip.content, JSON.stringify(tip.label).replaceAll('\\n', '\\a '));
        t.true(Number.parseFloat(tip.width) > 80 && Number.parseFloat(tip.width) <= look.width - 32, tip.width);
        t.is(await widthOf(page), look.width);
      }
    }
  },
);

chromiumTest('a bar leads to the row of its step, also where that is folded', async (t, browser) => {
  await using opened = await open(browser, monorepo(), LOOKS[0]);
  const { page } = opened;
  await page.locator('#layerfile-1 > summary').click();
  t.false(await page.locator('#step-1-3').isVisible());
  await page.locator('a.bar').nth(1).press('Enter');
  await page.locator('#step-1-3:target').waitFor({ state: 'visible' });
  t.regex(await page.locator('#step-1-3').innerText(), /RUN npm ci/);
});

chromiumTest('what machines wrote is text in the browser too', async (t, browser) => {
  await using opened = await open(browser, monorepo(), LOOKS[0]);
  t.is(await opened.page.locator('img, script').count(), 0);
  t.regex(
    await opened.page.locator('.failure pre').innerText(),
    /expected 3 <b>orders<\/b>, got 2\n<\/script><img src=x onerror=alert\(1\)>/,
  );
});
