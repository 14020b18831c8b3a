import test from 'ava';

import type { BuildEvent } from '../../runner/build-event.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject } from './fake-project.ts';

const FILES = {
  Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN install\nRUN build\n',
  'package.json': '{}',
  'main.js': '1',
};

/** What tests open at the moment they mean, so that nothing depends on time. */
class Gate {
  readonly #opened = Promise.withResolvers<undefined>();
  readonly passed = this.#opened.promise;

  readonly open = (): void => this.#opened.resolve(undefined);
}

/** Calls `then` when a run says that it waits for another one. */
function whenWaiting(then: () => void): (event: BuildEvent) => void {
  return (event) => {
    if (event.event === 'activity' && event.activity === 'wait') then();
  };
}

/** `install` reads package.json and lasts until the gate is opened; `build` reads main.js. */
function guest(gate: Gate, entered: Gate = new Gate()): FakeScript {
  return async (command) => {
    if (command.includes('install')) {
      entered.open();
      await gate.passed;
      return { reads: ['0/package.json'] };
    }
    return command.includes('build') ? { reads: ['0/main.js'] } : {};
  };
}

function runsOf(project: FakeProject, word: string): number {
  return project.machines.callsOf('run').filter((call) => call.includes(word)).length;
}

function ofKind(events: readonly BuildEvent[], activity: string): readonly string[] {
  return events.flatMap((event) => (event.event === 'activity' && event.activity === activity ? [event.text] : []));
}

test('two runs of one Layerfile at once boot once and run each step once', async (t) => {
  const gate = new Gate();
  using project = new FakeProject(FILES, guest(gate));
  const emit = whenWaiting(gate.open);
  const runs = await Promise.all([project.run({ emit }), project.run({ emit })]);
  t.deepEqual(runs.map(({ outcomes }) => outcomes).sort(), ['ran ran ran ran', 'restored restored restored restored']);
  t.is(project.machines.callsOf('boot').length, 1);
  t.is(project.machines.callsOf('restore').length, 1, 'who waits has no machine');
  t.deepEqual([runsOf(project, 'install'), runsOf(project, 'build')], [1, 1]);
  const [waited] = runs.filter(({ outcomes }) => outcomes.startsWith('restored'));
  t.is(ofKind(waited?.events ?? [], 'wait')[0], 'waiting for the same in this run: FROM vm/debian:12');
});

test('Layerfiles with the same first steps run those once, and the rest at the same time', async (t) => {
  const both = new Gate();
  let tails = 0;
  const script: FakeScript = async (command) => {
    if (!command.includes('tail')) return {};
    if (++tails === 2) both.open();
    await both.passed;
    return {};
  };
  const head = 'FROM vm/debian:12\nRUN first\nRUN second\n';
  using project = new FakeProject(
    { 'a.Layerfile': `${head}RUN tail a\n`, 'b.Layerfile': `${head}RUN tail b\n` },
    script,
  );
  const runs = await Promise.all(['a', 'b'].map((name) => project.run({ paths: [`${name}.Layerfile`] })));
  t.deepEqual(
    runs.flatMap(({ steps }) => steps.map(({ outcome }) => outcome)).filter((outcome) => outcome === 'ran').length,
    5,
  );
  for (const word of ['first', 'second', 'tail a', 'tail b']) t.is(runsOf(project, word), 1, word);
});

test('steps between snapshots are one piece of work', async (t) => {
  const gate = new Gate();
  const Layerfile = 'FROM vm/debian:12\nCOPY . .\nCHECKPOINT disabled\nRUN install\nRUN build\nCHECKPOINT\n';
  using project = new FakeProject({ ...FILES, Layerfile }, guest(gate));
  const emit = whenWaiting(gate.open);
  await Promise.all([project.run({ emit }), project.run({ emit })]);
  t.deepEqual([runsOf(project, 'install'), runsOf(project, 'build')], [1, 1]);
});

test('a step that fails in one run is not queued for by the others', async (t) => {
  const [gate, entered, all] = [new Gate(), new Gate(), new Gate()];
  let tries = 0;
  const script: FakeScript = async (command) => {
    if (!command.includes('install')) return {};
    entered.open();
    if (++tries === 1) await gate.passed;
    else if (tries === 3) all.open();
    // The two that waited are in this step together, or never get out of it.
    if (tries > 1) await all.passed;
    return { exitCode: 1 };
  };
  using project = new FakeProject(FILES, script);
  const first = project.run();
  await entered.passed;
  let waiting = 0;
  const emit = whenWaiting(() => ++waiting === 2 && gate.open());
  const runs = await Promise.all([first, project.run({ emit }), project.run({ emit })]);
  for (const { outcomes } of runs) t.regex(outcomes, /^(ran|restored) (ran|restored) failed skipped$/);
  t.is(tries, 3);
});

test('a run that waits can be cancelled, and the other one goes on', async (t) => {
  const [gate, entered, controller] = [new Gate(), new Gate(), new AbortController()];
  using project = new FakeProject(FILES, guest(gate, entered));
  const first = project.run();
  await entered.passed;
  const emit = whenWaiting(() => controller.abort(new Error('Ctrl-C')));
  const second = await project.run({ emit, signal: controller.signal });
  t.is(second.result.outcome, 'cancelled');
  t.is(second.outcomes, 'cancelled cancelled cancelled cancelled');
  gate.open();
  t.is((await first).outcomes, 'ran ran ran ran');
});

test('where the run that is waited for is cancelled, one that waits does the work', async (t) => {
  const [entered, controller] = [new Gate(), new AbortController()];
  let tries = 0;
  const script: FakeScript = async (command) => {
    if (!command.includes('install') || ++tries > 1) return {};
    entered.open();
    return new Promise(() => undefined);
  };
  using project = new FakeProject(FILES, script);
  const first = project.run({ signal: controller.signal });
  await entered.passed;
  const emit = whenWaiting(() => controller.abort(new Error('Ctrl-C')));
  const [second, third] = await Promise.all([project.run({ emit }), project.run()]);
  t.is((await first).result.outcome, 'cancelled');
  t.deepEqual([second.outcomes, third.outcomes].sort(), [
    'restored restored ran ran',
    'restored restored restored restored',
  ]);
  t.is(tries, 2);
});

test('a run whose workspace is known to differ does not wait', async (t) => {
  const [gate, entered] = [new Gate(), new Gate()];
  const opened = new Gate();
  opened.open();
  let current = opened;
  const script: FakeScript = async (command, machine) => guest(current, entered)(command, machine);
  using project = new FakeProject(FILES, script);
  await project.run();
  project.write('package.json', '{"one":1}');
  current = gate;
  const first = project.run();
  await whenRunning(project, 2, 'install');
  project.write('package.json', '{"two":2}');
  current = opened;
  const second = await project.run();
  t.is(second.outcomes, 'restored restored ran ran');
  t.deepEqual(ofKind(second.events, 'wait'), []);
  gate.open();
  t.is((await first).outcomes, 'restored restored ran ran');
});

test('a step that is forced does not wait', async (t) => {
  const [gate, entered] = [new Gate(), new Gate()];
  let tries = 0;
  const script: FakeScript = async (command) => {
    if (!command.includes('install') || ++tries > 1) return {};
    entered.open();
    await gate.passed;
    return {};
  };
  using project = new FakeProject(FILES, script);
  const first = project.run();
  await entered.passed;
  t.is((await project.run({ force: ['3'] })).outcomes, 'restored restored ran ran');
  gate.open();
  await first;
});

test('an image is built once by runs that need it at once', async (t) => {
  using project = new FakeProject(FILES);
  project.removeImage();
  const gate = new Gate();
  const { buildImage } = project.machines;
  project.machines.buildImage = async (build) => {
    await gate.passed;
    const image = await buildImage(build);
    project.placeImage();
    return image;
  };
  const emit = whenWaiting(gate.open);
  const runs = await Promise.all([project.run({ emit }), project.run({ emit })]);
  t.is(project.machines.callsOf('build-image').length, 1);
  t.deepEqual(
    runs.flatMap(({ events }) => ofKind(events, 'wait'))[0],
    'waiting for the same in this run: building vm/debian:12',
  );
});

async function whenRunning(project: FakeProject, times: number, word: string): Promise<void> {
  while (runsOf(project, word) < times) await new Promise(setImmediate);
}
