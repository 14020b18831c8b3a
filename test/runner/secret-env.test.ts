import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

import { SecretStore } from '../../runner/secrets/secret-store.ts';
import { openSnapshotStore, type Snapshot } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { FakeScript } from '../helpers/fake-machine.ts';
import { FakeProject, type FakeRun } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nRUN prepare\nSECRET ENV TOKEN KEY\nRUN use\nRUN BACKGROUND serve\n';
const TOKEN = 'hunter2-hunter2';
const KEY = '-----BEGIN KEY-----\n  c2VjcmV0IGtleQ==\n-----END KEY-----\n';

/** `use` prints what the guest's environment holds, cut in the middle of the secret, and in other forms. */
const guest: FakeScript = (command, { memory, input }) => {
  memory.set('environment', `${memory.get('environment') ?? ''}${input.toString()}`);
  if (command.includes('use'))
    return { stdout: `token=${TOKEN}\n`, stderr: `c2VjcmV0IGtleQ== and ${TOKEN.slice(0, 5)}` };
  return command.includes('serve') ? { stdout: `serving with ${TOKEN.slice(0, 9)}` } : {};
};

function open(script: FakeScript = guest): FakeProject {
  const project = new FakeProject({ Layerfile: LAYERFILE }, script);
  const store = new SecretStore(project.home);
  store.set('TOKEN', Buffer.from(TOKEN));
  store.set('KEY', Buffer.from(KEY));
  return project;
}

function outputOf({ events }: FakeRun, step: number, stream = 'stdout'): string {
  return events
    .flatMap((event) =>
      event.event === 'output' && event.step === step && event.stream === stream ? [event.text] : [],
    )
    .join('');
}

/** Files below LAYER_HOME, by path, in which `text` stands. */
function filesWith(home: string, text: string): readonly string[] {
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(home, path)).isFile(),
  );
  return files.filter((path) => readFileSync(join(home, path)).includes(text)).sort();
}

function snapshotOf(project: FakeProject, { steps }: FakeRun, index: number): Snapshot {
  using store = openSnapshotStore({ home: project.home });
  const snapshot = store.list().find(({ id }) => id === steps[index]?.snapshot);
  if (snapshot === undefined) throw new Error(`Step ${index + 1} left no snapshot`);
  return snapshot;
}

test('secrets come into the machine by input, and are masked in what it says', async (t) => {
  using project = open();
  const run = await project.run();
  t.is(run.outcomes, 'ran ran ran ran ran');
  const [machine] = project.machines.machines.slice(-1);
  t.is(machine?.memory.get('environment'), `export TOKEN='${TOKEN}'\nexport KEY='${KEY}'\n`);
  t.false(
    run.calls.some((call) => call.includes(TOKEN)),
    'no command has it in its text',
  );
  t.is(outputOf(run, 4), 'token=***\n');
  t.is(outputOf(run, 4, 'stderr'), '*** and hunte', 'what was only like the beginning of it is shown at the end');
  t.is(outputOf(run, 5), 'serving with hunter2-h');
  t.false(JSON.stringify(run.events).includes(TOKEN));
});

test('a restored machine masks the secrets that it has seen', async (t) => {
  using project = open();
  await project.run();
  const again = await project.run({ force: ['RUN use'] });
  t.is(again.outcomes, 'restored restored restored ran ran');
  t.is(outputOf(again, 4), 'token=***\n');
});

test('a secret runs its step again when it changes, and only then', async (t) => {
  using project = open();
  const store = new SecretStore(project.home);
  await project.run();
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
  store.set('TOKEN', Buffer.from('another'));
  t.is((await project.run()).outcomes, 'restored restored ran ran ran');
  store.set('TOKEN', Buffer.from(TOKEN));
  t.is((await project.run()).outcomes, 'restored restored restored restored restored');
  const given = { env: new Map([['TOKEN', 'from --env']]), buildEnv: new Map([['TOKEN', 'not this']]) };
  t.is((await project.plan({ given })).outcomes, 'restored restored would-run would-run would-run');
});

test('the values swapped are not the values', async (t) => {
  using project = open();
  await project.run();
  const given = {
    env: new Map([
      ['TOKEN', KEY],
      ['KEY', TOKEN],
    ]),
    buildEnv: new Map(),
  };
  t.is((await project.plan({ given })).outcomes, 'restored restored would-run would-run would-run');
});

test('a secret without a value is told before anything starts, with its place', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE }, guest);
  const events: string[] = [];
  for (const build of [project.run.bind(project), project.plan.bind(project)]) {
    const error = await t.throwsAsync(build({ emit: ({ event }) => events.push(event) }), { instanceOf: LayerError });
    t.is(error.code, 'SECRET_MISSING');
    t.is(error.exitCode, 2);
    t.is(error.message, 'Layerfile:3:12: the secret TOKEN has no value\nLayerfile:3:18: the secret KEY has no value');
    t.regex(error.hint ?? '', /`layer secret set TOKEN`/);
  }
  t.deepEqual(project.machines.calls, []);
  t.deepEqual(events, [], 'a usage error has no result');
});

test('snapshots from SECRET ENV on are tainted, and nothing else holds the value', async (t) => {
  using project = open();
  const run = await project.run();
  const taints = run.steps.map(
    (_, index) => (snapshotOf(project, run, index).payload as { lineage: { secrets: unknown } }).lineage.secrets,
  );
  t.deepEqual(taints, [[], [], ['TOKEN', 'KEY'], ['TOKEN', 'KEY'], ['TOKEN', 'KEY']]);
  const tainted = run.steps.slice(2).map(({ snapshot }) => `snapshots/${snapshot ?? ''}/`);
  const found = filesWith(project.home, TOKEN);
  t.deepEqual(
    found.filter((path) => !tainted.some((folder) => path.startsWith(folder))),
    ['secrets/TOKEN'],
  );
  t.true(found.length > tainted.length, 'the search finds it where it may be');
});

async function lookingFor(t: ExecutionContext, name: string): Promise<FakeRun> {
  using project = new FakeProject(
    { Layerfile: 'FROM vm/debian:12\nSECRET ENV TOKEN\nCOPY . .\nRUN look\nRUN more\n', 'a.txt': '' },
    (command) => (command.includes('look') ? { reads: [`0/${name}`] } : {}),
  );
  new SecretStore(project.home).set('TOKEN', Buffer.from(TOKEN));
  const run = await project.run();
  t.is(run.outcomes, 'ran ran ran ran ran');
  t.deepEqual(filesWith(project.home, TOKEN), ['secrets/TOKEN'], 'the fake machine remembers nothing itself');
  return run;
}

test('a step that looks for a file named like a secret is not kept, for the name would be', async (t) => {
  const run = await lookingFor(t, `.cache-${TOKEN}`);
  t.deepEqual(
    run.steps.map(({ snapshot }) => snapshot !== null),
    [true, true, true, false, false],
  );
  t.deepEqual(run.warnings, ['it looked for a file that has a secret in its name; this run goes on without snapshots']);
});

test('a step that looks for another file is kept', async (t) => {
  const run = await lookingFor(t, '.cache');
  t.true(run.steps.every(({ snapshot }) => snapshot !== null));
});

test('what a failed step, a warning or a broken machine says is masked as well', async (t) => {
  using project = open((command) => (command.includes('use') ? { exitCode: 1, stderr: `bad ${TOKEN}` } : {}));
  t.is(outputOf(await project.run(), 4, 'stderr'), 'bad ***');
  using broken = open((command) => {
    if (command.includes('use')) throw new LayerError('MACHINE_DIED', `console: ${TOKEN}`, { cause: new Error(TOKEN) });
    return {};
  });
  const error = await t.throwsAsync(broken.run(), { code: 'MACHINE_DIED' });
  t.is(error.message, 'console: ***');
  t.is((error.cause as Error).message, '***');
});

test('a run that is given the secrets of another folder, or none, sees no others', async (t) => {
  using project = open();
  const own = join(project.home, 'server/secrets/repository');
  await t.throwsAsync(project.run({ secretsHome: null }), { code: 'SECRET_MISSING' });
  await t.throwsAsync(project.run({ secretsHome: own }), { code: 'SECRET_MISSING' });
  const store = new SecretStore(own);
  store.set('TOKEN', Buffer.from('another-token'));
  store.set('KEY', Buffer.from(KEY));
  t.is((await project.run({ secretsHome: own })).outcomes, 'ran ran ran ran ran');
  t.is((await project.run()).outcomes, 'restored restored ran ran ran');
  t.is((await project.run({ secretsHome: own })).outcomes, 'restored restored restored restored restored');
});
