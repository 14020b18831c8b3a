/** A flag as `node:util`'s parseArgs and the help texts need it. */
export interface Flag {
  readonly short?: string;
  /** What stands for its value in help texts; a flag without one takes no value. */
  readonly value?: string;
  readonly repeatable?: boolean;
  readonly help: string;
}

export const PROGRESS_MODES = ['auto', 'plain', 'tty', 'quiet'] as const;
export const ACCELERATORS = ['auto', 'kvm', 'tcg'] as const;

export const TRACE_FORMATS = ['summary', 'paths', 'json', 'dockerfile'] as const;

export type ProgressMode = (typeof PROGRESS_MODES)[number];
export type Accelerator = (typeof ACCELERATORS)[number];
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** All flags that exist, in the order of the help texts. `commands.ts` says which command has which. */
export const FLAGS = {
  directory: { short: 'C', value: 'DIR', help: 'work as if started in DIR' },
  json: { help: 'print for programs: one JSON object a line' },
  'stdin-path': { value: 'PATH', help: 'check stdin as if it were the Layerfile at PATH' },
  progress: { value: 'MODE', help: 'auto, plain, tty or quiet (default: auto)' },
  'no-cache': { help: 'run every step; what they leave is still saved' },
  force: { value: 'STEP', repeatable: true, help: 'run STEP (number or beginning) and those below' },
  verbose: { short: 'v', help: 'also what steps observed, what snapshots cost' },
  since: { value: 'REV', help: 'which steps what changed since REV affects' },
  'exit-code': { help: 'exit 1 if a step would run (or is affected)' },
  rev: { value: 'REV', help: 'build the commit REV, not the files on disk' },
  timeline: { value: 'FILE', help: 'write what happened when, for Perfetto, Chrome' },
  report: { value: 'FILE.html', help: 'write a page: graph, timeline, what ran and why' },
  jobs: { short: 'j', value: 'N', help: 'run at most N machines at once' },
  memory: { value: 'SIZE', help: 'for all machines together (4G)' },
  'keep-going': { short: 'k', help: 'after a failure, build what does not need it' },
  up: { help: 'keep machines with EXPOSE running until Ctrl-C' },
  env: { value: 'KEY=VALUE', repeatable: true, help: 'for SECRET ENV; KEY alone: from your environment' },
  'build-env': { value: 'KEY=VALUE', repeatable: true, help: 'for BUILD ENV and SKIP; KEY alone as above' },
  timeout: { value: 'DURATION', help: 'give up after DURATION: 10s, 5m, 1h30m' },
  accel: { value: 'WHICH', help: 'auto, kvm or tcg (default: $LAYER_ACCEL or auto)' },
  format: { value: 'FORMAT', help: 'summary, paths, json or dockerfile (default: summary)' },
  output: { short: 'o', value: 'FILE', help: 'write what was observed to FILE' },
  all: { help: 'remove every snapshot' },
  'keep-storage': { value: 'SIZE', help: 'keep at most SIZE (20GB), as upkeep would' },
  'older-than': { value: 'AGE', help: 'remove what was not used for AGE: 30d, 2w, 12h' },
  images: { help: 'remove base images that no snapshot needs, too' },
  caches: { help: 'the folders that CACHE keeps' },
  'dry-run': { help: 'say what would be removed, and remove nothing' },
  listen: { value: '[HOST:]PORT', help: 'listen there (default: 127.0.0.1:8464)' },
  'public-url': { value: 'URL', help: 'what people call it: https://ci.example.org' },
  data: { value: 'DIR', help: "the server's folder (default: server in LAYER_HOME)" },
  profile: { value: 'FILE', help: 'write a CPU profile of the server at its end' },
  role: { value: 'ROLE', help: 'of a new token: read, member or admin' },
  name: { value: 'NAME', help: 'what the repository is called on the server' },
  'no-install': { help: 'fail if something is missing, do not set it up' },
  help: { short: 'h', help: 'print help' },
  version: { help: 'print the version' },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];

/** Its properties, with those that it does not have as `undefined`. */
export function flagOf(name: FlagName): Flag {
  return FLAGS[name];
}
