import test from 'ava';

import type { StepEnded } from '../../../runner/build-event.ts';
import type { LayerfileInvalid } from '../../../runner/layerfile-source.ts';
import { FakeProject, type FakeRun } from '../fake-project.ts';

const BASE = 'FROM vm/debian:12\nCOPY . .\nRUN base\n';
const CHILD = 'FROM ../base\nRUN child\n';

/** `layerfile step[.copy] outcome`, sorted. */
function told({ steps }: FakeRun, wanted: (step: StepEnded) => boolean = () => true): readonly string[] {
  return steps
    .filter(wanted)
    .map(({ layerfile, step, copy, outcome }) => {
      const where = layerfile.replace(/\/?Layerfile$/, '');
      return `${where} ${step}${copy === undefined ? '' : `.${copy}`} ${outcome}`;
    })
    .sort();
}

test('a Layerfile goes on from the machine that another one ended with', async (t) => {
  const seen: string[] = [];
  using project = new FakeProject({ 'base/Layerfile': BASE, 'child/Layerfile': CHILD }, (command, { memory }) => {
    if (command.includes("bash -c 'base'")) memory.set('by base', 'yes');
    if (command.includes("bash -c 'child'")) seen.push(memory.get('by base') ?? 'no');
    return {};
  });
  const run = await project.run({ paths: ['child'] });
  t.deepEqual(told(run), ['base 1 ran', 'base 2 ran', 'base 3 ran', 'child 1 ran', 'child 2 ran']);
  t.deepEqual(seen, ['yes']);
  t.deepEqual(
    run.events.flatMap((event) => (event.event === 'build' ? [[event.layerfile, event.needs]] : [])),
    [
      ['base/Layerfile', undefined],
      ['child/Layerfile', [{ kind: 'FROM', layerfile: 'base/Layerfile' }]],
    ],
  );

  const again = await project.run();
  t.true(again.steps.every(({ outcome }) => outcome === 'restored'));
  t.deepEqual(again.calls, [], 'no machine');
});

test('a parent that runs anew has its children run anew, and they say that it is why', async (t) => {
  using project = new FakeProject(
    {
      'base/Layerfile': BASE,
      'base/file': '1',
      'child/Layerfile': CHILD,
      'other/Layerfile': 'FROM vm/debian:12\nRUN other\n',
    },
    (command) => (command.includes("bash -c 'base'") ? { reads: ['0/file'] } : {}),
  );
  await project.run();
  project.write('base/file', '2');
  const planned = await project.plan();
  t.deepEqual(
    told(planned, ({ outcome }) => outcome === 'would-run'),
    ['base 3 would-run', 'child 1 would-run', 'child 2 would-run'],
  );
  const run = await project.run();
  t.deepEqual(
    told(run, ({ outcome }) => outcome === 'ran'),
    ['base 3 ran', 'child 1 ran', 'child 2 ran'],
  );
  for (const { steps } of [planned, run]) {
    const [from, ...others] = steps.filter(({ layerfile }) => layerfile === 'child/Layerfile');
    t.deepEqual(from?.miss, { reason: 'instruction', parent: 'base/Layerfile' });
    t.is(others[0]?.miss?.reason, 'instruction');
  }
});

test('what is waited for comes first, and does not decide about what waits', async (t) => {
  const order: string[] = [];
  using project = new FakeProject(
    {
      'deploy/Layerfile': 'FROM vm/debian:12\nWAIT ../api\nRUN deploy\n',
      'api/Layerfile': 'FROM vm/debian:12\nCOPY . .\nRUN api\n',
      'api/file': '1',
    },
    (command) => {
      const name = /exec bash -c '(\w+)'/.exec(command)?.[1];
      if (name !== undefined) order.push(name);
      return name === 'api' ? { reads: ['0/file'] } : {};
    },
  );
  await project.run();
  t.deepEqual(order, ['api', 'deploy']);
  project.write('api/file', '2');
  const run = await project.run();
  t.deepEqual(
    told(run, ({ outcome }) => outcome === 'ran'),
    ['api 3 ran'],
  );
});

test('what needs a Layerfile that failed is skipped, and what runs beside it is ended', async (t) => {
  const waiting = Promise.withResolvers<undefined>();
  using project = new FakeProject(
    {
      'a/Layerfile': 'FROM vm/debian:12\nRUN fails\n',
      'b/Layerfile': 'FROM vm/debian:12\nRUN long\nRUN more\n',
      'c/Layerfile': 'FROM ../a\nRUN never\n',
      'd/Layerfile': 'FROM vm/debian:12\nWAIT ../c\nRUN never\n',
    },
    async (command, { signal }) => {
      if (command.includes("'fails'")) await waiting.promise;
      if (command.includes("'fails'")) return { exitCode: 3 };
      if (!command.includes("'long'")) return {};
      waiting.resolve(undefined);
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  );
  const run = await project.run({ jobs: 2 });
  t.is(run.result.outcome, 'failed');
  t.deepEqual(
    told(run, ({ step }) => step > 1),
    ['a 2 failed', 'b 2 cancelled', 'b 3 skipped', 'c 2 skipped', 'd 2 skipped', 'd 3 skipped'],
  );
  t.is(project.machines.callsOf('end').length, project.machines.machines.length, 'every machine was ended');
});

test('--keep-going builds what does not need what failed', async (t) => {
  using project = new FakeProject(
    {
      'a/Layerfile': 'FROM vm/debian:12\nRUN fails\n',
      'b/Layerfile': 'FROM vm/debian:12\nRUN fine\n',
      'c/Layerfile': 'FROM ../a\nRUN never\n',
    },
    (command) => (command.includes("'fails'") ? { exitCode: 3 } : {}),
  );
  const run = await project.run({ jobs: 1, keepGoing: true });
  t.is(run.result.outcome, 'failed');
  t.deepEqual(
    told(run, ({ step }) => step > 1),
    ['a 2 failed', 'b 2 ran', 'c 2 skipped'],
  );
});

test('a SPLIT makes copies that each know which one they are, from one machine', async (t) => {
  const seen: string[] = [];
  using project = new FakeProject(
    { Layerfile: 'FROM vm/debian:12\nRUN above\nSPLIT 3\nRUN below\n' },
    (command, { memory, input }) => {
      if (command.includes("'above'")) memory.set('above', 'yes');
      if (command.includes('machine-id')) memory.set('told', input.toString().replaceAll('\n', ' '));
      if (command.includes("'below'")) seen.push(`${memory.get('above')}: ${memory.get('told')}`);
      return {};
    },
  );
  const run = await project.run();
  t.deepEqual(told(run), [' 1 ran', ' 2 ran', ' 3 ran', ' 4.0 ran', ' 4.1 ran', ' 4.2 ran']);
  t.deepEqual(
    seen.sort(),
    [0, 1, 2].map((index) => `yes: export SPLIT='${index}' export SPLIT_NUM='3' `),
  );
  t.is(project.machines.callsOf('boot').length, 1);
  const [build] = run.events.filter((event) => event.event === 'build');
  t.deepEqual(build?.split, { step: 3, copies: 3 });

  const again = await project.run();
  t.deepEqual(again.calls, []);
  t.is(again.result.restored, 6);
  t.deepEqual(
    told(again),
    [' 1', ' 2', ' 3', ' 4.0', ' 4.1', ' 4.2'].map((step) => `${step} restored`),
  );
});

test('copies of SPLIT UNORDERED are not told their index', async (t) => {
  const told: string[] = [];
  using project = new FakeProject(
    { Layerfile: 'FROM vm/debian:12\nSPLIT UNORDERED 2\nRUN below\n' },
    (command, { input }) => {
      if (command.includes('machine-id')) told.push(input.toString());
      return {};
    },
  );
  await project.run();
  t.deepEqual(told, ["export SPLIT_NUM='2'\n", "export SPLIT_NUM='2'\n"]);
});

test('SKIP REMAINING IF knows which copy it stands in', async (t) => {
  using project = new FakeProject({
    Layerfile: 'FROM vm/debian:12\nSPLIT 2\nSKIP REMAINING IF SPLIT=1\nRUN first only\n',
  });
  const run = await project.run();
  t.is(run.result.outcome, 'succeeded');
  t.deepEqual(
    told(run, ({ step }) => step === 4),
    [' 4.0 ran', ' 4.1 skipped'],
  );
});

test('a SKIP above a SPLIT skips all copies', async (t) => {
  using project = new FakeProject({
    Layerfile: 'FROM vm/debian:12\nSKIP REMAINING IF CI=true\nSPLIT 2\nRUN never\n',
  });
  const run = await project.run();
  t.is(run.result.outcome, 'succeeded');
  t.deepEqual(told(run), [' 1 ran', ' 2 ran', ' 3 skipped', ' 4.0 skipped', ' 4.1 skipped']);
});

test('a child goes on from where SKIP REMAINING IF ended its parent', async (t) => {
  using project = new FakeProject({
    'base/Layerfile': 'FROM vm/debian:12\nRUN base\nSKIP REMAINING IF CI=true\nRUN never\n',
    'child/Layerfile': CHILD,
  });
  const run = await project.run();
  t.deepEqual(told(run), ['base 1 ran', 'base 2 ran', 'base 3 ran', 'base 4 skipped', 'child 1 ran', 'child 2 ran']);
  const again = await project.run();
  t.deepEqual(again.calls, []);
});

test('what needs a Layerfile that waits for a person waits as well, and the run succeeds', async (t) => {
  using project = new FakeProject({
    'base/Layerfile': 'FROM vm/debian:12\nBUTTON go on?\nRUN base\n',
    'child/Layerfile': CHILD,
    'deploy/Layerfile': 'FROM vm/debian:12\nWAIT ../child\nRUN deploy\n',
  });
  for (const run of [await project.run(), await project.run()]) {
    t.is(run.result.outcome, 'succeeded');
    t.is(run.result.waiting, 1);
    t.true(
      run.steps.filter(({ layerfile }) => layerfile !== 'base/Layerfile').every(({ outcome }) => outcome === 'skipped'),
    );
  }
});

test('a parent that CHECKPOINT disabled leaves without snapshots is saved at its end', async (t) => {
  using project = new FakeProject({
    'base/Layerfile': 'FROM vm/debian:12\nCHECKPOINT disabled\nRUN a\nRUN b\n',
    'child/Layerfile': CHILD,
  });
  t.is((await project.run()).result.outcome, 'succeeded');
  t.deepEqual((await project.run()).calls, []);
});

test('never more machines run than there are jobs, and never more than fit into the memory', async (t) => {
  for (const limit of [{ jobs: 2 }, { jobs: 10, memoryMib: 2048 }]) {
    let [running, most] = [0, 0];
    let pair = Promise.withResolvers<undefined>();
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`l${index}/Layerfile`, `FROM vm/debian:12\nRUN work ${index}\n`]),
    );
    using project = new FakeProject(files, async (command) => {
      if (!command.includes("'work")) return {};
      running++;
      most = Math.max(most, running);
      const { promise, resolve } = pair;
      if (running % 2 === 0) {
        pair = Promise.withResolvers();
        resolve(undefined);
      }
      await promise;
      running--;
      return {};
    });
    const run = await project.run(limit);
    t.is(run.result.outcome, 'succeeded');
    t.is(run.result.ran, 20 - run.result.restored);
    t.is(most, 2);
  }
});

test('a machine that is larger than all memory that was given is refused before anything runs', async (t) => {
  using project = new FakeProject({ Layerfile: 'FROM vm/debian:12\nMEMORY 4G\nRUN a\n' });
  const error = await t.throwsAsync(project.run({ memoryMib: 2048 }), { code: 'USAGE' });
  t.regex(error.message, /needs 4096 MiB of memory, and --memory gives 2048/);
  t.deepEqual(project.machines.calls, []);
});

test('steps that two Layerfiles have in common are run once', async (t) => {
  const ran: string[] = [];
  const common = 'FROM vm/debian:12\nRUN one\nRUN two\n';
  using project = new FakeProject(
    { 'a/Layerfile': `${common}RUN a\n`, 'b/Layerfile': `${common}RUN b\n` },
    async (command) => {
      const name = /exec bash -c '(\w+)'/.exec(command)?.[1];
      if (name !== undefined) ran.push(name);
      await new Promise(setImmediate);
      return {};
    },
  );
  await project.run({ jobs: 2 });
  t.deepEqual(ran.sort(), ['a', 'b', 'one', 'two']);
});

test('an error of the environment ends all machines and is told', async (t) => {
  using project = new FakeProject(
    {
      'a/Layerfile': 'FROM vm/debian:12\nRUN dies\n',
      'b/Layerfile': 'FROM vm/debian:12\nRUN b\n',
      'c/Layerfile': 'FROM ../a\nRUN c\n',
    },
    (command) => {
      if (command.includes("'dies'")) project.machines.machines.at(-1)?.kill();
      return {};
    },
  );
  await t.throwsAsync(project.run({ jobs: 1 }), { code: 'MACHINE_DIED' });
  t.is(project.machines.callsOf('end').length, project.machines.machines.length - 1, 'all but the dead one');
});

test('a graph that is wrong is told with all its places before anything runs', async (t) => {
  using project = new FakeProject({
    'a/Layerfile': 'FROM ../b\nRUN a\n',
    'b/Layerfile': 'FROM vm/debian:12\nWAIT ../a ../nowhere\n',
  });
  const error = await t.throwsAsync<LayerfileInvalid>(project.run(), { code: 'LAYERFILE_INVALID' });
  t.regex(error.diagnosticsText, /b\/Layerfile:2:11.*nowhere/s);
  t.regex(error.diagnosticsText, /need each other/);
  t.deepEqual(project.machines.calls, []);
});

test('a commit is linked with the Layerfiles that it has', async (t) => {
  using project = new FakeProject({ 'base/Layerfile': BASE, 'child/Layerfile': CHILD });
  project.git('add', '.');
  project.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'first');
  project.remove('base/Layerfile');
  t.is((await project.run({ paths: ['child'], rev: 'HEAD' })).result.outcome, 'succeeded');
  await t.throwsAsync(project.run({ paths: ['child'] }), { code: 'LAYERFILE_INVALID' });
});
