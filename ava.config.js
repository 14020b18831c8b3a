export default {
  files: ['test/**/*.test.ts', '!test/fixtures/**'],
  extensions: ['ts'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  // Machines share two cores and one cache: the files of the VM tiers take turns (see test/helpers/).
  concurrency: 1,
  timeout: '20m',
};
