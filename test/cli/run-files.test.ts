import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';

import { Interrupted } from '../../cli/signals.ts';
import type { Runner } from '../../cli/surroundings.ts';
import type { BuildEvent, RunOptions } from '../../runner/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { BUILD, ended, FAILING_BUILD, result, started, UP } from './build-script.ts';
import { layer } from './fake-layer.ts';

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'layer-run-files-'));
}

/** A runner whose run tells `events` and then ends with `last`, or throws it. */
function telling(events: readonly BuildEvent[], last: ReturnType<typeof result> | Error = result()): Partial<Runner> {
  return {
    runLayerfiles: ({ emit }: RunOptions) => {
      for (const event of events) emit(event);
      if (last instanceof Error) return Promise.reject(last);
      emit(last);
      return Promise.resolve(last);
    },
  };
}

const RESTORED = [BUILD, ended(1, 'FROM vm/debian:12', { outcome: 'restored' })];

test('a run writes the files that it is asked for, seen from -C DIR, and says nothing of it', async (t) => {
  const inside = folder();
  const args = ['run', '-C', inside, '--json', '--timeline', 'run.json', '--report', 'run.html'];
  const plain = await layer(['run', '-C', inside, '--json'], { runner: telling(RESTORED) });
  const { exitCode, stdout, stderr } = await layer(args, { runner: telling(RESTORED) });
  t.deepEqual({ exitCode, stdout, stderr }, plain);
  t.deepEqual(readdirSync(inside).sort(), ['run.html', 'run.json']);
  t.is(typeof JSON.parse(readFileSync(join(inside, 'run.json'), 'utf8')), 'object');
  t.regex(readFileSync(join(inside, 'run.html'), 'utf8'), /^<!doctype html>[^]*<\/html>\n$/);
});

test('a run that fails, and one that is interrupted, write them too, and end as they would', async (t) => {
  for (const outcome of ['failed', 'cancelled'] as const) {
    const report = join(folder(), 'run.html');
    const controller = new AbortController();
    if (outcome === 'cancelled') controller.abort(new Interrupted('SIGINT'));
    const runner = telling(FAILING_BUILD.slice(0, -1), result({ outcome }));
    const { exitCode } = await layer(['run', '--progress=quiet', '--report', report], { runner, controller });
    t.is(exitCode, outcome === 'failed' ? 1 : 130);
    t.regex(readFileSync(report, 'utf8'), outcome === 'failed' ? /<title>Failed: web/ : /<title>Cancelled: web/);
  }
});

test('what ended a run early is in its report', async (t) => {
  const report = join(folder(), 'run.html');
  const error = new LayerError('MACHINE_DIED', 'The machine died', { hint: 'Look at its log.' });
  const runner = telling([BUILD, started(1, 'FROM vm/debian:12')], error);
  const { exitCode, stderr } = await layer(['run', '--json', '--report', report], { runner });
  t.is(exitCode, 3);
  t.is(stderr, 'layer: The machine died\n  hint: Look at its log.\n');
  t.regex(readFileSync(report, 'utf8'), /layer: The machine died\n {2}hint: Look at its log\./);
});

test('a run that ends before it begins to build writes nothing', async (t) => {
  const report = join(folder(), 'run.html');
  const error = Object.assign(new Error('invalid'), { diagnosticsText: 'Layerfile:1:1: error', count: 1 });
  const { exitCode } = await layer(['run', '--json', '--report', report], { runner: telling([], error) });
  t.is(exitCode, 2);
  t.false(existsSync(report));
});

test('a file that cannot be written is a usage error, before the runner is loaded', async (t) => {
  const inside = folder();
  for (const flag of ['--timeline', '--report']) {
    const path = join(inside, 'missing', 'file');
    const { exitCode, stderr } = await layer(['run', flag, path]);
    t.is(exitCode, 2);
    t.regex(stderr, new RegExp(`^layer: Cannot write ${flag} ${path}\n  cause: ENOENT.*\n  hint: `));
  }
});

test('two files of one name are a usage error', async (t) => {
  const path = join(folder(), 'file');
  const { exitCode, stderr } = await layer(['run', '--timeline', path, '--report', path]);
  t.is(exitCode, 2);
  t.is(stderr, 'layer: --timeline and --report name the same file\n');
});

test('a file that can no longer be written when the run is over is told, and hides no failure', async (t) => {
  for (const [outcome, expected] of [
    ['succeeded', 3],
    ['failed', 1],
  ] as const) {
    const path = join(folder(), 'here', 'run.html');
    const { mkdirSync, rmSync } = await import('node:fs');
    mkdirSync(join(path, '..'));
    const inner = telling(RESTORED, result({ outcome })).runLayerfiles!;
    const runLayerfiles: Runner['runLayerfiles'] = (options) => {
      rmSync(join(path, '..'), { recursive: true });
      return inner(options);
    };
    const { exitCode, stderr } = await layer(['run', '--json', '--report', path], { runner: { runLayerfiles } });
    t.is(exitCode, expected);
    t.regex(stderr, /^layer: Cannot write --report .*\n {2}cause: ENOENT/);
  }
});

test('with --up the files are there as soon as what is up can be used, and are not written again', async (t) => {
  const report = join(folder(), 'run.html');
  const seen: boolean[] = [];
  const runLayerfiles: Runner['runLayerfiles'] = ({ emit }) => {
    for (const event of [...RESTORED, ...UP]) emit(event);
    seen.push(existsSync(report));
    emit({ event: 'warning', layerfile: '', text: 'too late' });
    return Promise.resolve(result());
  };
  await layer(['run', '--up', '--json', '--report', report], { runner: { runLayerfiles } });
  t.deepEqual(seen, [true]);
  t.notRegex(readFileSync(report, 'utf8'), /too late/);
});

test('plan has neither flag', async (t) => {
  t.is((await layer(['plan', '--report', 'x'])).exitCode, 2);
});
