import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { makeTemporaryFolder } from '../../util/temporary-folder.ts';

/** A process id that is no longer in use: that of a program which has just ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

test('a temporary folder is private and named after its owner, and folders of dead owners are removed', (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'layer-test-'));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  const left = join(parent, `thing-${deadPid()}-abcDEF`);
  const alive = join(parent, `thing-${process.pid}-abcDEF`);
  const foreign = join(parent, 'thing-of-somebody-else');
  for (const folder of [left, alive, foreign]) mkdirSync(folder);

  const made = makeTemporaryFolder('thing', parent);

  t.regex(made, new RegExp(`/thing-${process.pid}-\\w{6}$`));
  t.is(statSync(made).mode & 0o777, 0o700);
  t.false(existsSync(left));
  t.true(existsSync(alive));
  t.true(existsSync(foreign));
});
