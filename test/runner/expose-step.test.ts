import { connect } from 'node:net';

import test from 'ava';

import { GuestServer } from './expose/web-guest.ts';
import { FakeProject } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nEXPOSE WEBSITE localhost:3000 /app\nEXPOSE TCP 15432 :5432\nRUN test\n';

test('EXPOSE waits for its port in the guest, and its step is saved like any other', async (t) => {
  await using website = await GuestServer.start((_, response) => response.end());
  using project = new FakeProject({ Layerfile: LAYERFILE });
  let attempts = 0;
  project.machines.ports = () => (++attempts < 3 ? null : connect(website.port, '127.0.0.1'));
  const run = await project.run();
  t.is(run.outcomes, 'ran ran ran ran');
  t.deepEqual(
    run.calls.filter((call) => call.startsWith('forward')),
    ['forward localhost:3000', 'forward localhost:3000', 'forward localhost:3000', 'forward localhost:5432'],
  );
  t.truthy(run.steps[1]?.snapshot);
  t.deepEqual((await project.run()).calls, []);
});

test('a port that does not answer in time fails the step: which one, how long, and what services wrote', async (t) => {
  const files = { Layerfile: LAYERFILE.replace('\n', '\nRUN BACKGROUND serve\n') };
  using project = new FakeProject(files, (command) =>
    command.includes('wrote before') ? { stdout: 'RUN BACKGROUND of step 2 wrote before:\ncannot bind\n' } : {},
  );
  const { outcomes, events, result } = await project.run({ exposeLimitMs: 100 });
  t.is(outcomes, 'ran ran failed skipped skipped');
  t.is(result.outcome, 'failed');
  const written = events.flatMap((event) => (event.event === 'output' ? [event.text] : [])).join('');
  t.is(
    written,
    'http://localhost:3000 in the guest did not answer within 0.1 s: connection refused\nRUN BACKGROUND of step 2 wrote before:\ncannot bind\n',
  );
});

test('an interrupt ends the wait at once', async (t) => {
  const controller = new AbortController();
  using project = new FakeProject({ Layerfile: LAYERFILE });
  project.machines.ports = () => {
    controller.abort(new Error('Ctrl-C'));
    return null;
  };
  const { outcomes, result } = await project.run({ signal: controller.signal });
  t.is(outcomes, 'ran cancelled cancelled cancelled');
  t.is(result.outcome, 'cancelled');
});

test('where no service was ever started a port that does not answer says so', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  const { events } = await project.run({ exposeLimitMs: 100 });
  t.true(
    events.some((event) => event.event === 'output' && event.text.endsWith('No RUN BACKGROUND command runs in it.\n')),
  );
});
