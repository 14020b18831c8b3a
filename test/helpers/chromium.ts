import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The Chromium of this host; null where there is none. Nothing is downloaded. */
function installedChromium(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

const executablePath = installedChromium();
/** One for all tests of a file. */
let browser: Promise<Browser> | null = null;

/** Registers a test that looks at pages in Chromium; skipped, with the reason in its title, where that is not installed. */
export function chromiumTest(title: string, body: (t: ExecutionContext, browser: Browser) => Promise<void>): void {
  if (executablePath === null) {
    test.serial.skip(`${title} (skipped: there is no chromium on PATH)`, () => undefined);
    return;
  }
  test.serial(title, async (t) => {
    // Root has no sandbox; what is shown are pages of ours, without scripts.
    browser ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
    await body(t, await browser);
  });
}

test.after.always(async () => (await browser)?.close());
