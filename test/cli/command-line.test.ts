import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

import { Interrupted } from '../../cli/signals.ts';
import type { Runner } from '../../cli/surroundings.ts';
import type { BuildEvent, CheckOptions, FoundDiagnostic, ListedCache, RunOptions } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { ended, FAILING_BUILD, result, UP } from './build-script.ts';
import { layer } from './fake-layer.ts';

/** A runner whose run tells `events`, of which the last is the result. */
function telling(...events: readonly BuildEvent[]): Partial<Runner> {
  const runLayerfiles = ({ emit }: RunOptions): ReturnType<Runner['runLayerfiles']> => {
    for (const event of events) emit(event);
    const last = events.at(-1);
    return last?.event === 'result' ? Promise.resolve(last) : Promise.reject(new Error('no result'));
  };
  return { runLayerfiles, planLayerfiles: runLayerfiles };
}

function throwing(error: Error): Partial<Runner> {
  return { runLayerfiles: () => Promise.reject(error) };
}

test('a build that succeeds ends with 0 and writes nothing to stderr', async (t) => {
  const run = await layer(['run', '--json'], { runner: telling(result()) });
  t.is(run.exitCode, 0);
  t.is(run.stderr, '');
});

test('prune lists what it removes, aligned, with a total', async (t) => {
  const cache = (folder: string, sizeBytes: number): ListedCache => {
    return { id: folder, identity: { repository: 'example.org/o/n', folder }, sizeBytes, lastUsedAtMs: 1e12 };
  };
  const caches = [cache('/root/.npm', 5 << 20), cache('/c', 700), { ...cache('', 0), identity: null, lastUsedAtMs: 0 }];
  const asked: boolean[] = [];
  const pruneCaches: Runner['pruneCaches'] = ({ home, dryRun }) => {
    t.is(home, '/home/layer');
    asked.push(dryRun);
    return caches;
  };
  const run = await layer(['prune', '--caches'], { runner: { pruneCaches } });
  t.is(run.exitCode, 0);
  t.is(
    run.stdout,
    `FOLDER      REPOSITORY          SIZE  LAST USED
/root/.npm  example.org/o/n  5.0 MiB  2001-09-09
/c          example.org/o/n    700 B  2001-09-09
(unknown)   (unknown)            0 B  -
3 caches, 5.0 MiB, removed
`,
  );
  const json = await layer(['prune', '--caches', '--dry-run', '--json'], { runner: { pruneCaches } });
  const lines = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  t.deepEqual(lines[1], {
    event: 'cache',
    repository: 'example.org/o/n',
    folder: '/c',
    sizeBytes: 700,
    lastUsed: '2001-09-09T01:46:40.000Z',
    removed: false,
  });
  t.deepEqual(lines[3], { event: 'result', caches: 3, sizeBytes: (5 << 20) + 700, removed: false });
  t.deepEqual(asked, [false, true]);
});

test('prune with nothing to remove says so', async (t) => {
  const run = await layer(['prune', '--caches'], { runner: { pruneCaches: () => [] } });
  t.is(run.stdout, 'No caches are stored.\n');
});

test('a run that saved something starts upkeep in the background where it is due, and no other run does', async (t) => {
  const saving = telling(ended(1, 'RUN a', { outcome: 'ran', snapshot: 'b1' }), result());
  const restoring = telling(ended(1, 'RUN a', { outcome: 'restored', snapshot: 'b1' }), result());
  const asked: unknown[] = [];
  const isUpkeepDue: Runner['isUpkeepDue'] = (options) => {
    asked.push(options);
    return asked.length === 3 ? Promise.reject(new Error('no disk')) : Promise.resolve(asked.length === 1);
  };
  const started: (readonly string[])[] = [];
  const startInBackground = (args: readonly string[]): Promise<void> => Promise.resolve(void started.push(args));
  const run = async (runner: Partial<Runner>, environment = {}) => {
    const { exitCode } = await layer(['run', '--json'], {
      runner: { ...runner, isUpkeepDue },
      environment: { LAYER_KEEP_STORAGE: '1GB', ...environment },
      startInBackground,
    });
    t.is(exitCode, 0);
  };
  await run(restoring);
  await run(saving, { LAYER_UPKEEP: 'off' });
  t.deepEqual([asked, started], [[], []]);
  await run(saving);
  t.deepEqual([asked, started], [[{ home: '/home/layer', keepBytes: 1e9 }], [['upkeep']]]);
  await run(saving);
  await run(saving);
  t.deepEqual([asked.length, started.length], [3, 1]);
});

test('a step that fails ends with 1 and names file, line and exit code on stderr, in every mode', async (t) => {
  for (const mode of ['--json', '--progress=plain', '--progress=tty', '--progress=quiet']) {
    const run = await layer(['run', mode], { runner: telling(...FAILING_BUILD) });
    t.is(run.exitCode, 1, mode);
    t.is(run.stderr, 'layer: web/Layerfile:4: `RUN npm test` failed with exit code 3\n', mode);
  }
});

test('a step that failed without an exit code is told without one', async (t) => {
  const failed = ended(2, 'COPY <<a\nb', { outcome: 'failed', exitCode: null });
  const run = await layer(['run', '--json'], { runner: telling(failed, result({ outcome: 'failed' })) });
  t.is(run.stderr, 'layer: web/Layerfile:2: `COPY <<a` failed\n');
});

test('a step that failed in a copy is told with the copy', async (t) => {
  const build: BuildEvent = {
    event: 'build',
    layerfile: 'web/Layerfile',
    name: 'web',
    steps: 4,
    split: { step: 3, copies: 2 },
  };
  const failed = { ...ended(4, 'RUN npm test', { outcome: 'failed', exitCode: 3 }), copy: 1 };
  const run = await layer(['run', '--json'], { runner: telling(build, failed, result({ outcome: 'failed' })) });
  t.is(run.stderr, 'layer: web/Layerfile:4: `RUN npm test` failed with exit code 3 (copy 1: web-2)\n');
});

test('an interrupted run ends with 130', async (t) => {
  const controller = new AbortController();
  controller.abort(new Interrupted('SIGINT'));
  const run = await layer(['run', '--json'], { runner: telling(result({ outcome: 'cancelled' })), controller });
  t.is(run.exitCode, 130);
});

test('a run that was cancelled though nobody interrupted it ends with 1', async (t) => {
  const run = await layer(['run', '--json'], { runner: telling(result({ outcome: 'cancelled' })) });
  t.is(run.exitCode, 1);
});

test('an interrupt that comes too late to change anything does not hide the result', async (t) => {
  const controller = new AbortController();
  controller.abort(new Interrupted('SIGINT'));
  const run = await layer(['run', '--json'], { runner: telling(result()), controller });
  t.is(run.exitCode, 0);
});

test('a usage error ends with 2, before the runner is loaded', async (t) => {
  const run = await layer(['run', '--jsno']);
  t.deepEqual(run, {
    exitCode: 2,
    stdout: '',
    stderr:
      'layer: Unknown flag `--jsno` for `layer run`, did you mean `--json`?\n  hint: `layer help run` lists its flags.\n',
  });
});

test('a Layerfile with errors ends with 2 and shows them', async (t) => {
  const diagnosticsText = 'Layerfile:1:1: error: unknown instruction `RNU`\n  1 | RNU\n    | ^^^';
  const error = Object.assign(new Error('invalid'), { diagnosticsText, count: 1 });
  t.deepEqual(await layer(['run', '--json'], { runner: throwing(error) }), {
    exitCode: 2,
    stdout: '',
    stderr: `${diagnosticsText}\nlayer: 1 error, nothing was run\n`,
  });
});

test('an environment that cannot do it ends with 3', async (t) => {
  const error = new LayerError('PACKAGE_MISSING', 'There is no qemu-system-x86_64', { hint: 'Install it.' });
  const run = await layer(['run'], { runner: throwing(error) });
  t.is(run.exitCode, 3);
  t.is(run.stderr, 'layer: There is no qemu-system-x86_64\n  hint: Install it.\n');
});

test('a bug ends with 70', async (t) => {
  const run = await layer(['run'], { runner: throwing(new RangeError('oops')) });
  t.is(run.exitCode, 70);
  t.regex(run.stderr, /^layer: Internal error: RangeError: oops\n/);
});

test('help and version load no runner', async (t) => {
  t.regex((await layer(['help', 'run'])).stdout, /^Usage: layer run /);
  t.regex((await layer(['version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('the runner is given what was asked for, with absolute folders', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-cli-'));
  const options = await optionsOf(t, ['run', 'a', '-C', folder, '--force', '2', '--no-cache', '--timeout', '5m']);
  t.like(options, {
    paths: ['a'],
    directory: folder,
    home: '/home/layer',
    accelerator: 'tcg',
    noCache: true,
    force: ['2'],
    timeoutMs: 300_000,
  });
});

test('the runner is given the variables of --env and --build-env', async (t) => {
  const { given } = await optionsOf(t, ['run', '--env', 'A=1', '--build-env', 'B=2']);
  t.deepEqual(given, { env: new Map([['A', '1']]), buildEnv: new Map([['B', '2']]) });
});

test('a run without a time limit has none', async (t) => {
  const options = await optionsOf(t, ['run']);
  t.false('timeoutMs' in options);
  t.is(options.directory, '/current');
});

async function optionsOf(t: ExecutionContext, args: readonly string[]): Promise<RunOptions> {
  const seen: RunOptions[] = [];
  const runLayerfiles: Runner['runLayerfiles'] = (options) => {
    seen.push(options);
    return Promise.resolve(result());
  };
  const run = await layer(args, { runner: { runLayerfiles }, environment: { LAYER_ACCEL: 'tcg' } });
  t.is(run.exitCode, 0);
  t.is(seen.length, 1);
  return seen[0]!;
}

test('-C with a folder that does not exist is a usage error', async (t) => {
  const run = await layer(['plan', '-C', 'nowhere'], { runner: {} });
  t.is(run.exitCode, 2);
  t.is(run.stderr, 'layer: -C is `nowhere`: there is no such folder\n');
});

function checking(errors: number, warnings: number, found: readonly FoundDiagnostic[] = []): Partial<Runner> {
  const text = errors + warnings === 0 ? '' : 'findings';
  return { checkLayerfiles: () => Promise.resolve({ text, found, errors, warnings }) };
}

const FOUND: FoundDiagnostic = {
  event: 'diagnostic',
  layerfile: 'Layerfile',
  severity: 'error',
  code: 'out-of-range',
  message: 'SPLIT `0` is not between 1 and 64',
  hint: null,
  range: { start: { line: 1, character: 6 }, end: { line: 1, character: 7 } },
  related: [],
};

test('check --json tells every finding and then their number on stdout, one object a line', async (t) => {
  const { exitCode, stdout, stderr } = await layer(['check', '--json'], { runner: checking(1, 0, [FOUND]) });
  t.is(exitCode, 2);
  t.is(stderr, '');
  t.deepEqual(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown),
    [FOUND, { event: 'result', errors: 1, warnings: 0 }],
  );
});

test('check - hands stdin to the runner as the Layerfile at --stdin-path', async (t) => {
  const asked: CheckOptions[] = [];
  const checkLayerfiles: Runner['checkLayerfiles'] = (options) => {
    asked.push(options);
    return Promise.resolve({ text: '', found: [], errors: 0, warnings: 0 });
  };
  await layer(['check', '-', '--stdin-path', 'web/Layerfile'], { runner: { checkLayerfiles }, input: 'FROM a' });
  await layer(['check', '-'], { runner: { checkLayerfiles }, input: 'FROM b' });
  t.deepEqual(
    asked.map(({ unsaved }) => unsaved),
    [
      { path: 'web/Layerfile', text: 'FROM a' },
      { path: 'Layerfile', text: 'FROM b' },
    ],
  );
});

test('check shows findings on stderr and their number on stdout, and ends with 2 for an error', async (t) => {
  t.deepEqual(await layer(['check'], { runner: checking(2, 1) }), {
    exitCode: 2,
    stdout: '2 errors, 1 warning\n',
    stderr: 'findings\n',
  });
  t.is((await layer(['check'], { runner: checking(0, 1) })).exitCode, 0);
  t.deepEqual(await layer(['check'], { runner: checking(0, 0) }), {
    exitCode: 0,
    stdout: '0 errors, 0 warnings\n',
    stderr: '',
  });
});

test('a BUTTON is asked about only where somebody can answer', async (t) => {
  t.false('askPerson' in (await optionsOf(t, ['run'])));
});

test('a run that is interrupted while what it built is up has succeeded', async (t) => {
  const controller = new AbortController();
  const runner: Partial<Runner> = {
    runLayerfiles: ({ emit, up }) => {
      t.true(up);
      for (const event of UP) emit(event);
      controller.abort(new Interrupted('SIGINT'));
      return Promise.resolve(result());
    },
  };
  const run = await layer(['run', '--up', '--json'], { runner, controller });
  t.is(run.exitCode, 0);
  t.is(run.stderr, '');
  t.regex(run.stdout, /\{"event":"up","exposed":3\}\n$/);
});
