import type { FlagName } from './flags.ts';

export interface Command {
  readonly usage: string;
  readonly summary: string;
  /** Whole sentences for `layer help COMMAND`, at most 80 columns wide. */
  readonly description: readonly string[];
  readonly flags: readonly FlagName[];
  /** A command line, and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Nobody types it: it is in no list, and proposed to nobody. */
  readonly hidden?: true;
}

const BUILD_FLAGS = [
  'directory',
  'json',
  'progress',
  'no-cache',
  'force',
  'rev',
  'env',
  'build-env',
  'jobs',
  'memory',
  'keep-going',
  'timeout',
  'accel',
  'no-install',
  'help',
] as const satisfies readonly FlagName[];

/** All commands that exist, in the order of the help text. */
export const COMMANDS = {
  run: {
    usage: 'layer run [FLAGS] [PATH...]',
    summary: 'build, running only the steps whose inputs changed',
    description: [
      'Builds the Layerfiles at PATH: a Layerfile, or a folder with Layerfiles below it',
      '(default: the current folder). Steps whose observed inputs hold are restored.',
    ],
    flags: [
      ...BUILD_FLAGS.slice(0, 5),
      'up',
      ...BUILD_FLAGS.slice(5, -2),
      'timeline',
      'report',
      ...BUILD_FLAGS.slice(-2),
    ],
    examples: [
      ['layer run', 'build what is in this folder'],
      ['layer run examples/hello', 'build what is in another one'],
      ['layer run --force 3', 'run step 3 and those below it'],
      ["layer run --force 'RUN npm'", 'the same for the steps that begin so'],
      ['layer run --rev main', 'build what is committed on main'],
      ['layer run --up', 'build, then use its websites until Ctrl-C'],
      ['layer run --report run.html', 'and a page that shows what it did'],
      ['layer run --json | jq .outcome', 'events for programs'],
    ],
  },
  plan: {
    usage: 'layer plan [FLAGS] [PATH...]',
    summary: 'say what run would restore, what it would run, and why',
    description: [
      'Says, without starting a machine, what `layer run` with the same flags would',
      'restore and what it would run, and why.',
    ],
    flags: [...BUILD_FLAGS.slice(0, 5), 'verbose', 'since', 'exit-code', ...BUILD_FLAGS.slice(5)],
    examples: [
      ['layer plan --since main', 'what your branch affects'],
      ['layer plan', 'for the Layerfiles in this folder'],
      ['layer plan -v', 'and what each step observed'],
      ['layer plan --json', 'the same for programs'],
    ],
  },
  why: {
    usage: 'layer why [FLAGS] [PATH] [STEP]',
    summary: 'say why a step runs again, or what it observed',
    description: [
      'Says why STEP (a number, or how its instruction begins) would not be restored:',
      'what it observed first that is no longer so, with what it was and what it is.',
      'Of a step that would be restored, it lists what the step observed.',
      '',
      'PATH is as for `layer run`. Without STEP: the first step that would run; where',
      'none would, what each step observed. Starts no machine.',
    ],
    flags: ['directory', 'json', 'rev', 'env', 'build-env', 'accel', 'no-install', 'help'],
    examples: [
      ['layer why', 'the first step that would run again'],
      ['layer why 3', 'step 3'],
      ["layer why web 'RUN npm'", 'a step of web/Layerfile'],
      ['layer why --json 3', 'every path, for programs'],
    ],
  },
  shell: {
    usage: 'layer shell [FLAGS] [PATH] [STEP] [-- COMMAND [ARGUMENT...]]',
    summary: 'look into the machine as it was after a step',
    description: [
      'Opens a shell in a fork of the machine as it was after STEP (a number, or how',
      'its instruction begins), also where that failed. It is where a RUN would be: in',
      'its folder, as its user, with its environment and the workspace as it is now.',
      'Nothing that is done there is kept.',
      '',
      'PATH is a Layerfile or a folder with one. Without STEP: the last one, or where',
      'a run failed since, the one that failed. Where the inputs of STEP have changed',
      'since, the machine is the one that its last run left; with --rev, only one that',
      'was made of that commit is taken.',
      '',
      'With COMMAND, runs it instead of a shell. stdin, stdout and stderr are those of',
      '`layer`; without a terminal the shell reads its commands from stdin. Exits as',
      'the shell or COMMAND does: with its code, or 128 and the number of the signal',
      'that ended it. Below a SPLIT, STEP may be `5#1`: of the copy 1.',
    ],
    flags: ['directory', 'rev', 'env', 'build-env', 'accel', 'no-install', 'help'],
    examples: [
      ['layer shell', 'after the last step, or in what failed'],
      ['layer shell web 3', 'after step 3 of web/Layerfile'],
      ['layer shell 3 -- ls -l /app', 'one command'],
      ['layer shell 3 < script.sh', 'a script, by bash'],
      ['layer shell --rev main web 3', 'as it was made of what is committed on main'],
    ],
  },
  check: {
    usage: 'layer check [FLAGS] [PATH...]',
    summary: 'say what is wrong with Layerfiles',
    description: [
      'Parses and validates the Layerfiles at PATH (default: the current folder), and',
      'prints what is wrong with them. `-` stands for stdin. Starts no machine.',
    ],
    flags: ['directory', 'json', 'stdin-path', 'no-install', 'help'],
    examples: [
      ['layer check', 'all Layerfiles in this folder'],
      ['layer check web/Layerfile', 'one of them'],
      ['layer check --json', 'findings for editors and programs'],
    ],
  },
  trace: {
    usage: 'layer trace [FLAGS] -- COMMAND [ARGUMENT...]',
    summary: 'run a command of this host and say what it observes',
    description: [
      'Runs COMMAND on this host, not in a machine, and says what it looked at in the',
      'workspace: the files read, folders listed, and names that were not there.',
      '',
      'COMMAND sees the workspace where it always is, with all that is in it, and is',
      'the same user. What it writes there is taken aside and dropped at its end; the',
      'workspace stays as it is. What it does elsewhere is real, and is not observed.',
      'Processes that it leaves running are ended with it.',
      '',
      'A summary goes to stderr. Other formats go to stdout, and what COMMAND prints',
      'goes to stderr then, unless --output names a file. `paths` prints the kinds of',
      'observations, `ignored` or `-`, and the path, with tabs between them; `json`',
      'one object; `dockerfile` the COPY lines and the .dockerignore that COMMAND',
      'needs. What git or .layerignore ignores is marked: no run would see it.',
      '',
      'Exits as COMMAND does: with its code, or 128 and the number of the signal that',
      'ended it; 127 or 126 where it is not there or not a program; 3 without FUSE.',
    ],
    flags: ['directory', 'format', 'output', 'no-install', 'help'],
    examples: [
      ['layer trace -- make', 'what make looks at'],
      ['layer trace --format paths -- npm test', 'the same for programs'],
      ['layer trace --format dockerfile -- make', 'what its Dockerfile must copy'],
      ["layer trace -- sh -c 'make > log'", 'traces the redirection as well'],
    ],
  },
  secret: {
    usage: 'layer secret set NAME | list | rm NAME',
    summary: 'keep values for SECRET ENV',
    description: [
      'Keeps values for SECRET ENV on this machine, readable by you only. `set` takes',
      'the value from stdin, without the line feed at its end; at a terminal it asks',
      'for a line, and does not show what is typed. `list` shows names, not values.',
    ],
    flags: ['json', 'no-install', 'help'],
    examples: [
      ['layer secret set NPM_TOKEN', 'asks for the value'],
      ['layer secret set KEY < key.pem', 'takes it from a file'],
      ['layer secret list', 'their names, and when they were set'],
      ['layer secret rm KEY', 'forgets one'],
    ],
  },
  prune: {
    usage: 'layer prune [FLAGS]',
    summary: 'remove snapshots, base images and caches',
    description: [
      'Removes snapshots until the rest takes no more than $LAYER_KEEP_STORAGE, by',
      'default 20 GB or a fifth of the disk. What was made in the last 10 minutes and',
      'the newest snapshots of steps are kept longest, then what was used last. What',
      'others need, and what a run uses, stays. With --caches alone, removes no',
      'snapshots, but what CACHE has kept for later runs.',
    ],
    flags: ['all', 'keep-storage', 'older-than', 'images', 'caches', 'dry-run', 'json', 'no-install', 'help'],
    examples: [
      ['layer prune --dry-run', 'say what would be removed'],
      ['layer prune --older-than 30d', 'what was not used for a month'],
      ['layer prune --all --images --caches', 'everything that can be made again'],
    ],
  },
  snapshots: {
    usage: 'layer snapshots [FLAGS] [verify [ID...]]',
    summary: 'list snapshots, or check that they are whole',
    description: [
      'Lists snapshots by Layerfile: their step, size, age, last use, how often the',
      'step did not have to run (HITS), and the time that saves (SAVES).',
      '',
      '`verify` reads all files of the snapshots ID (default: all) and of those that',
      'they need, and compares them with their checksums. It names what is damaged,',
      'and exits with 1 then. ID is the beginning of an id.',
    ],
    flags: ['json', 'no-install', 'help'],
    examples: [
      ['layer snapshots', 'all of them'],
      ['layer snapshots verify', 'check all of them'],
      ['layer snapshots verify 3f2a', 'check one'],
    ],
  },
  upkeep: {
    usage: 'layer upkeep [FLAGS]',
    summary: 'tidy up now, as happens in the background after runs',
    description: [
      'Removes snapshots over the budget, compresses those that were not used for a',
      'while, shortens their chains, and clears what killed processes left. A run that',
      'saves something starts it in the background when it is due; LAYER_UPKEEP=off',
      'prevents that.',
    ],
    flags: ['json', 'no-install', 'help'],
    examples: [],
  },
  serve: {
    usage: 'layer serve [FLAGS] | token ... | hook install REPOSITORY',
    summary: 'run the CI server: git push, and see',
    description: [
      'Runs a CI server with a page to look at, until Ctrl-C or SIGTERM. A push to it',
      'builds what was pushed: what changed runs, the rest is restored. It prints its',
      'address, a token at its first start, and what to tell git.',
      '',
      '`token create NAME --role ROLE` makes a token and prints it once; a token is',
      'what people log in with, and the password of git. `token list` lists them,',
      '`token revoke ID` ends one. `hook install REPOSITORY` has pushes to an existing',
      'bare repository on this host build too. These may be used while it runs.',
      '',
      'SIGUSR1 has it write what everything is doing, and what it waits for.',
    ],
    flags: ['listen', 'public-url', 'data', 'jobs', 'memory', 'profile', 'role', 'name', 'json', 'no-install', 'help'],
    examples: [
      ['layer serve', 'for this host only'],
      ['layer serve --listen 0.0.0.0:8464', 'for the network'],
      ['layer serve token create ann --role member', 'for somebody who pushes'],
      ['layer serve hook install /srv/git/shop.git', 'for a repository that is there'],
    ],
  },
  'serve-worker': {
    usage: 'layer serve-worker',
    summary: 'do one piece of work of `layer serve`',
    description: ['Started by `layer serve`, which says over a channel what to do.'],
    flags: ['help'],
    examples: [],
    hidden: true,
  },
  help: {
    usage: 'layer help [COMMAND]',
    summary: 'explain a command',
    description: ['Explains COMMAND and its flags; without one, lists the commands.'],
    flags: ['help'],
    examples: [['layer help run', 'the same as layer run --help']],
  },
  version: {
    usage: 'layer version',
    summary: 'print the version',
    description: ["Prints Layer's version, as `layer --version` does."],
    flags: ['help'],
    examples: [],
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

/** Those that people type. */
export const LISTED_COMMANDS = COMMAND_NAMES.filter((name) => commandOf(name).hidden !== true);

/** A command by its name, with its lists as lists of anything. */
export function commandOf(name: CommandName): Command {
  return COMMANDS[name];
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
