/**
 * Reads AVA's TAP from stdin and prints it for people: a line per test, the details of the failures, and as the last
 * line `N passed, N failed`, with `, N skipped` where there are any. Exits 0 only where tests ran and none failed.
 *
 * A run that crashed must not look like one that passed. So the TAP must end with AVA's own totals (`# fail N`, which a
 * killed AVA does not write; https://testanything.org calls these lines diagnostics), and after them must come the line
 * `# ava exited with N`, which setup/test adds. Whatever is missing, or does not agree with the results, is one failure
 * more.
 *
 * LAYER_TEST_TIMES may name a file with a line `SECONDS PATH` for each test file (test/helpers/file-time.ts). The slowest
 * of them are told before the last line, for whoever makes the next one.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const PASSED = '✔';
const FAILED = '✘';
const SKIPPED = '-';
/** Lines of a failure's details that are said again at the end, where a log that was cut short still has them. */
const MAX_DETAILS = 80;
const MAX_SLOWEST = 10;

const results = { passed: 0, skipped: 0, toDo: 0, failures: [] };
let details; // of the test that failed last, while its lines come
let totalFailed; // from AVA's totals, once they have come; tests that are still to be written count as failed there
let avaExitCode;

function readLine(line) {
  if (/^(TAP version|1\.\.|# (tests|pass|skip|todo) \d+$|\s*$)/.test(line)) return;
  const test = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO)\b *(.*))?$/.exec(line);
  const fail = /^# fail (\d+)$/.exec(line);
  const exited = /^# ava exited with (\d+)$/.exec(line);
  if (test) takeTest({ failed: test[1] !== undefined, title: test[2], directive: test[3], reason: test[4] });
  else if (fail) totalFailed = Number(fail[1]);
  else if (exited) avaExitCode = Number(exited[1]);
  else if (!/^ {2}(---|\.\.\.)$/.test(line)) takeDetail(`    ${line.replace(/^(# {0,3}| {4})/, '')}`);
}

function takeDetail(line) {
  print(line);
  details?.push(line);
}

function takeTest({ failed, title, directive, reason }) {
  details = undefined;
  if (directive !== undefined) {
    results.skipped += 1;
    if (directive === 'TODO') results.toDo += 1;
    const why = [directive === 'TODO' ? 'to do' : 'skipped', reason].filter(Boolean).join(': ');
    print(`  ${SKIPPED} ${title} (${why})`);
  } else if (failed) {
    fail(title);
  } else {
    results.passed += 1;
    print(`  ${PASSED} ${title}`);
  }
}

function fail(title) {
  details = [];
  results.failures.push({ title, details });
  print(`  ${FAILED} ${title}`);
}

function failWhatIsMissing() {
  if (avaExitCode === undefined) fail('the test run was ended from outside');
  else if (totalFailed === undefined) fail(`ava ended before its tests did, with exit code ${avaExitCode}`);
  // Tests that never came to run, because their file ended, are in the totals only.
  const seen = results.failures.length + results.toDo;
  for (let unseen = (totalFailed ?? 0) - seen; unseen > 0; unseen -= 1) fail('a test that did not run');
  if (avaExitCode !== undefined && avaExitCode !== 0 && results.failures.length === 0) {
    fail(results.passed === 0 ? 'no test ran' : `ava exited with ${avaExitCode}`);
  }
}

function printSlowest() {
  const times = readTimes().sort((left, right) => right.seconds - left.seconds);
  if (times.length < 2) return;
  const slowest = times.slice(0, MAX_SLOWEST).map(({ seconds, path }) => `${seconds.toFixed(1).padStart(8)}  ${path}`);
  print(`\nThe slowest files, in seconds:\n${slowest.join('\n')}`);
}

function readTimes() {
  const path = process.env.LAYER_TEST_TIMES;
  if (path === undefined) return [];
  const lines = readFileSync(path, 'utf8').matchAll(/^([\d.]+) (.+)$/gm);
  return Array.from(lines, ([, seconds, file]) => ({ seconds: Number(seconds), path: file }));
}

function printSummary() {
  const { passed, skipped, failures } = results;
  if (failures.length > 0) print('\nFailed:');
  for (const failure of failures) {
    print([`  ${FAILED} ${failure.title}`, ...failure.details.slice(0, MAX_DETAILS)].join('\n'));
  }
  print(`\n${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

// Ctrl-C and a time limit reach AVA as well: its end is the end of our input. Only a grandchild that keeps the pipe open
// would have us wait on, hence the limit.
const lines = createInterface({ input: process.stdin });
const stop = () => setTimeout(() => lines.close(), 10_000).unref();
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

lines.on('line', readLine);
lines.on('close', () => {
  failWhatIsMissing();
  printSlowest();
  printSummary();
  process.stdin.destroy();
});
