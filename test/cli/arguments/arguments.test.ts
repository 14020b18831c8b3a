import test from 'ava';

import { parseArguments } from '../../../cli/arguments/parse-arguments.ts';
import { LayerError } from '../../../util/layer-error.ts';

const DEFAULTS = {
  paths: ['.'],
  directory: null,
  json: false,
  progress: 'auto',
  noCache: false,
  force: [],
  revision: null,
  jobs: null,
  memoryBytes: null,
  keepGoing: false,
  up: false,
  since: null,
  exitCode: false,
  verbose: false,
  given: { env: new Map<string, string>(), buildEnv: new Map<string, string>() },
  timeoutMs: null,
  timeline: null,
  report: null,
  accelerator: 'auto',
} as const;

function parse(line: string, environment: NodeJS.ProcessEnv = {}): unknown {
  return parseArguments(line === '' ? [] : line.split(' '), environment);
}

test('run without arguments builds the current folder with the defaults', (t) => {
  t.deepEqual(parse('run'), { command: 'run', ...DEFAULTS });
});

test('every flag of run is understood, before and after the command and its paths', (t) => {
  const line =
    '-C dir run a --json --progress plain --no-cache --force 3 b --force=RUN --rev v1~2 --up --jobs 4 --memory 3G -k --timeout 1h30m --accel tcg --no-install --env A=1 --build-env B=2 --timeline t.json --report=r.html';
  t.deepEqual(parse(line), {
    command: 'run',
    paths: ['a', 'b'],
    directory: 'dir',
    json: true,
    progress: 'plain',
    noCache: true,
    force: ['3', 'RUN'],
    revision: 'v1~2',
    jobs: 4,
    memoryBytes: 3 * 2 ** 30,
    keepGoing: true,
    up: true,
    since: null,
    exitCode: false,
    verbose: false,
    given: { env: new Map([['A', '1']]), buildEnv: new Map([['B', '2']]) },
    timeoutMs: 5_400_000,
    timeline: 't.json',
    report: 'r.html',
    accelerator: 'tcg',
  });
});

test('plan takes the flags of run', (t) => {
  t.deepEqual(parse('plan --no-cache x'), { command: 'plan', ...DEFAULTS, paths: ['x'], noCache: true });
});

test('plan -v and why are understood, with what why is asked for as it was typed', (t) => {
  t.like(parse('plan --since main --exit-code'), { since: 'main', exitCode: true });
  t.deepEqual(parse('plan -v'), { command: 'plan', ...DEFAULTS, verbose: true });
  t.deepEqual(parse('why'), { command: 'why', ...DEFAULTS, operands: [] });
  t.deepEqual(parse('why web 3 --json'), {
    command: 'why',
    ...DEFAULTS,
    paths: ['web', '3'],
    operands: ['web', '3'],
    json: true,
  });
  t.throws(() => parse('why web 3 4'), { message: 'Unexpected `4`' });
});

test('what follows -- is a path, whatever it looks like', (t) => {
  t.deepEqual(parse('check -- --json'), {
    command: 'check',
    paths: ['--json'],
    directory: null,
    json: false,
    unsavedPath: null,
  });
});

test('of a flag given twice the last one counts', (t) => {
  t.like(parse('run --progress tty --progress quiet -C a -C b'), { progress: 'quiet', directory: 'b' });
});

test('LAYER_ACCEL chooses the accelerator, and --accel wins over it', (t) => {
  t.like(parse('run', { LAYER_ACCEL: 'tcg' }), { accelerator: 'tcg' });
  t.like(parse('run', { LAYER_ACCEL: '' }), { accelerator: 'auto' });
  t.like(parse('run --accel kvm', { LAYER_ACCEL: 'tcg' }), { accelerator: 'kvm' });
});

test('a variable has the value that is written or, with its name alone, the one in the environment', (t) => {
  const line = 'run --env A=1 --env B --env C --env D= --env A=x=y --build-env B=2 --env E=1 --env E';
  t.like(parse(line, { B: 'from the shell', A: 'not this' }), {
    given: {
      env: new Map([
        ['A', 'x=y'],
        ['B', 'from the shell'],
        ['D', ''],
      ]),
      buildEnv: new Map([['B', '2']]),
    },
  });
});

test('a value that is refused is not shown', (t) => {
  const error = t.throws(() => parse('run --env A-B=hunter2'), { instanceOf: LayerError });
  t.is(error.code, 'USAGE');
  t.is(error.message, '--env cannot give a variable named `A-B`');
  t.false(error.hint?.includes('hunter2'));
});

for (const [line, expected] of [
  ['secret set TOKEN', { command: 'secret', action: 'set', name: 'TOKEN' }],
  ['secret rm TOKEN', { command: 'secret', action: 'rm', name: 'TOKEN' }],
  ['secret list', { command: 'secret', action: 'list', json: false }],
  ['secret list --json', { command: 'secret', action: 'list', json: true }],
  ['', { command: 'help', topic: null }],
  ['help', { command: 'help', topic: null }],
  ['--help', { command: 'help', topic: null }],
  ['help plan', { command: 'help', topic: 'plan' }],
  ['plan -h', { command: 'help', topic: 'plan' }],
  ['run a --help --json', { command: 'help', topic: 'run' }],
  ['version', { command: 'version' }],
  ['--version', { command: 'version' }],
  ['run --version', { command: 'version' }],
] as const) {
  test(`\`layer ${line}\` is ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(parse(line), expected);
  });
}

for (const [line, message, hint] of [
  ['rnu', 'Unknown command `rnu`, did you mean `run`?', '`layer help` lists the commands.'],
  ['deploy', 'Unknown command `deploy`', '`layer help` lists the commands.'],
  ['toString', 'Unknown command `toString`', '`layer help` lists the commands.'],
  ['examples/hello', 'Unknown command `examples/hello`', 'To build it: layer run examples/hello'],
  ['help chekc', 'Unknown command `chekc`, did you mean `check`?', '`layer help` lists the commands.'],
  ['--json', 'No command given', '`layer help` lists the commands.'],
  ['--jsno', 'Unknown flag `--jsno`, did you mean `--json`?', '`layer help` lists the commands.'],
  ['run --jsno', 'Unknown flag `--jsno` for `layer run`, did you mean `--json`?', '`layer help run` lists its flags.'],
  [
    'run --no-c',
    'Unknown flag `--no-c` for `layer run`, did you mean `--no-cache`?',
    '`layer help run` lists its flags.',
  ],
  ['check --jobs 3', 'Unknown flag `--jobs` for `layer check`', '`layer help check` lists its flags.'],
  ['run --jobs 0', '--jobs is `0`: not a number from 1 on', 'Write it like --jobs=4.'],
  ['run --memory much', '--memory is `much`: not a size', 'Write it like 500MB, 20GB or 10GiB.'],
  ['run --memory 3K', '--memory is `3K`: less than 1M', 'Write it like 4G.'],
  ['run --since main', 'Unknown flag `--since` for `layer run`', '`layer help run` lists its flags.'],
  ['plan --up', 'Unknown flag `--up` for `layer plan`', '`layer help plan` lists its flags.'],
  ['run -x', 'Unknown flag `-x` for `layer run`', '`layer help run` lists its flags.'],
  ['check --force 3', 'Unknown flag `--force` for `layer check`', '`layer help check` lists its flags.'],
  ['check - a', '`-` stands for stdin, and cannot be checked together with files', undefined],
  ['check --stdin-path a', '--stdin-path needs `-`: layer check - --stdin-path PATH', undefined],
  ['run --json=yes', '--json takes no value, and was given `yes`', undefined],
  ['run --timeout', '--timeout needs a value: --timeout DURATION', undefined],
  ['run --timeout --json', '--timeout needs a value: --timeout DURATION', undefined],
  ['run -C', '-C needs a value: -C DIR', undefined],
  ['run --force=', '--force needs a value: --force STEP', undefined],
  ['run --timeout 90', '--timeout is `90`: not a duration', 'Write it like 10s, 5m or 1h30m.'],
  ['run --progress tyt', '--progress is `tyt`, did you mean `tty`?', 'It can be auto, plain, tty or quiet.'],
  ['run --progress bar', '--progress is `bar`', 'It can be auto, plain, tty or quiet.'],
  ['run --accel kvn', '--accel is `kvn`, did you mean `kvm`?', 'It can be auto, kvm or tcg.'],
  ['help run plan', 'Unexpected `plan`', 'Usage: layer help [COMMAND]'],
  ['secret', '`layer secret` needs to know what to do', 'Usage: layer secret set NAME | list | rm NAME'],
  ['secret sett A', 'The word after `layer secret` is `sett`, did you mean `set`?', 'It can be set, list or rm.'],
  ['secret set', '`layer secret set` needs a name', 'Usage: layer secret set NAME | list | rm NAME'],
  ['secret set A hunter2', 'Unexpected `hunter2`', 'Usage: layer secret set NAME | list | rm NAME'],
  ['secret rm A --json', '`layer secret rm` prints no `--json`', 'Usage: layer secret set NAME | list | rm NAME'],
  ['version 2', 'Unexpected `2`', 'Usage: layer version'],
] as const) {
  test(`\`layer ${line}\` is refused`, (t) => {
    const error = t.throws(() => parse(line), { instanceOf: LayerError });
    t.is(error.code, 'USAGE');
    t.is(error.message, message);
    t.is(error.hint, hint);
  });
}

test('a LAYER_ACCEL that is no accelerator is refused by its name', (t) => {
  t.throws(() => parse('run', { LAYER_ACCEL: 'xen' }), { instanceOf: LayerError, message: 'LAYER_ACCEL is `xen`' });
});

test('no list of arguments does anything but parse or be refused', (t) => {
  for (const args of [['-'], ['--'], ['--='], ['run', '--__proto__'], ['run', '-C='], ['x'.repeat(100_000)], ['']]) {
    try {
      parseArguments(args, {});
    } catch (error) {
      t.true(error instanceof LayerError, String(error));
    }
  }
  t.pass();
});

test('trace takes what follows -- as the command, flags and all', (t) => {
  t.deepEqual(parse('trace -C dir --format json -o out -- make --format x -h'), {
    command: 'trace',
    words: ['make', '--format', 'x', '-h'],
    directory: 'dir',
    format: 'json',
    output: 'out',
  });
  t.deepEqual(parse('trace -- trace'), {
    command: 'trace',
    words: ['trace'],
    directory: null,
    format: 'summary',
    output: null,
  });
});

test('trace without a command, without --, or with a word before it says how to write it', (t) => {
  for (const [line, message, hint] of [
    ['trace', /needs `--` before the command/, 'Write: layer trace -- make'],
    ['trace --', /needs `--`/, 'Write: layer trace -- make'],
    ['trace npm test', /needs `--`/, 'Write: layer trace -- npm test'],
    ['trace npm -- test', /Unexpected `npm` before `--`/, undefined],
    ['trace --format jsn -- ls', /did you mean `json`/, 'It can be summary, paths, json or dockerfile.'],
  ] as const) {
    const error = t.throws(() => parse(line), { instanceOf: LayerError, code: 'USAGE', message });
    t.is(error.hint, hint);
  }
});
