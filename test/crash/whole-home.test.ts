import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { expectWholeHome } from './whole-home.ts';

test('an image that another process is making is not left over, and what this one made and forgot is', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'layer-whole-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'images', `layer-image-${process.ppid}-abcdef`), { recursive: true });
  await t.notThrowsAsync(expectWholeHome(home));
  const forgotten = `layer-image-${process.pid}-abcdef`;
  mkdirSync(join(home, 'images', forgotten));
  await t.throwsAsync(expectWholeHome(home), { message: `Expected that no file is left over: images/${forgotten}` });
});
