export default {
  files: ['test/**/*.test.ts', '!test/fixtures/**'],
  extensions: ['ts'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  require: ['own-temporary-folder', 'file-time', 'oracle-everywhere'].map((name) => `./test/helpers/${name}.ts`),
  // A process for each file, not a thread: with threads Node crashed once (SIGSEGV, perhaps
  // https://github.com/nodejs/node/issues/56312), and all tests ended. Now one file has failed, and the others go on.
  workerThreads: false,
  // Two files at a time, and so two machines: one alone leaves a core idle, three would want more memory than there may be.
  // A file's own machines take turns (see test/helpers/).
  concurrency: 2,
  sortTestFiles: (left, right) => tier(left) - tier(right) || left.localeCompare(right),
  timeout: '20m',
};

/** Files with machines come first: those without are short, and fill what is left beside the last long one. */
const TIERS = [/\/test\/vm\//, /\/test\/(contracts|e2e)\//];

function tier(path) {
  const index = TIERS.findIndex((pattern) => pattern.test(path));
  return index === -1 ? TIERS.length : index;
}
