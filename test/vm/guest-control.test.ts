import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { readLines } from '../../util/read-lines.ts';
import { GuestControl } from '../../vm/guest-control.ts';
import { QmpClient } from '../../vm/qmp-client.ts';
import { listenOnce } from '../../vm/socket-listener.ts';
import { Scratch } from '../helpers/shared-base.ts';

/** Both ends of a Unix socket: ours, and one to play the guest or QEMU with. */
async function socketPair(
  t: ExecutionContext,
  scratch: Scratch,
): Promise<{ readonly ours: Socket; readonly theirs: Socket }> {
  const listener = await listenOnce(join(scratch.folder, 'socket'));
  const theirs = connect(join(scratch.folder, 'socket'));
  theirs.on('error', () => undefined);
  const ours = await listener.accepted;
  t.teardown(() => {
    ours.destroy();
    theirs.destroy();
  });
  return { ours, theirs };
}

/** Answers every request line with what `answer` makes of its id. */
function answering(socket: Socket, answer: (id: string) => string): void {
  // Line by line: several requests may arrive at once.
  readLines(socket, (line) => socket.write(answer(line.split(' ', 1)[0] ?? '')));
}

test('a request resolves on ok with the address that it tells, and names verb and words of a refusal without its control characters', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const control = new GuestControl(ours, () => '');
  theirs.once('data', (bytes: Buffer) => {
    t.is(bytes.toString(), '1 folder /a%20b%25%c3%a9\n');
    theirs.write('99 ok\nnonsense\n1 ok 1fc00000\n');
  });
  t.is(await control.request('folder', ['/a b%é']), 0x1fc00000);
  answering(theirs, (id) => `${id} error 2 folder: No such\x1b[31m file\n`);
  await t.throwsAsync(control.request('folder', ['/x']), {
    code: 'GUEST_PROTOCOL',
    message: 'The guest could not do "folder": folder: No such?[31m file',
  });
});

test('a guest that never ends its line is cut off', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const control = new GuestControl(ours, () => '');
  const waiting = t.throwsAsync(control.request('ping'), { code: 'MACHINE_DIED' });
  for (let sent = 0; sent < 100; sent++) theirs.write('x'.repeat(1000));
  await waiting;
  t.true(ours.destroyed);
});

test('when the port closes, what waits and what comes later fails with the tail of the console', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const control = new GuestControl(ours, () => 'Kernel panic');
  const waits = [control.request('ping'), control.started(60_000)];
  const failed = waits.map((wait) => t.throwsAsync(wait, { code: 'MACHINE_DIED', message: /Kernel panic/ }));
  theirs.destroy();
  await Promise.all(failed);
  await t.throwsAsync(control.request('ping'), { code: 'MACHINE_DIED' });
});

test('a guest that does not answer is given up with the name of the request', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const control = new GuestControl(ours, () => 'last words');
  await t.throwsAsync(control.request('freeze', [], { limitMs: 20 }), {
    code: 'WAIT_TIMED_OUT',
    message: 'Waited 0.02 s for the guest to answer "freeze"\nlast words',
  });
  // Its answer, when it comes after all, is taken for no other request's.
  answering(theirs, (id) => `1 error 5 late\n${id} ok\n`);
  t.is(await control.request('ping'), 0);
});

test('a request with more arguments than the guest can take is refused here', async (t) => {
  using scratch = new Scratch();
  const control = new GuestControl((await socketPair(t, scratch)).ours, () => '');
  await t.throwsAsync(control.request('overlay', ['/t', 'x'.repeat(70_000), '/u']), { code: 'GUEST_PROTOCOL' });
});

test('a QEMU that does not answer is given up with the name of the command', async (t) => {
  using scratch = new Scratch();
  const client = new QmpClient((await socketPair(t, scratch)).ours, { limitMs: 20 });
  await t.throwsAsync(client.execute('stop'), {
    code: 'WAIT_TIMED_OUT',
    message: 'Waited 0.02 s for QEMU to answer "stop"',
  });
});

test('a QEMU that speaks something else is cut off', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const client = new QmpClient(ours);
  const waits = [client.execute('stop'), client.nextEvent(() => true)];
  const failed = waits.map((wait) => t.throwsAsync(wait, { code: 'MACHINE_DIED' }));
  theirs.write('not JSON\n');
  await Promise.all(failed);
  await t.throwsAsync(client.execute('cont'), { code: 'MACHINE_DIED' });
});

test('answers and events of QEMU reach who waits for them, and a refusal has its words', async (t) => {
  using scratch = new Scratch();
  const { ours, theirs } = await socketPair(t, scratch);
  const client = new QmpClient(ours);
  const event = client.nextEvent(({ data }) => data?.['status'] === 'completed');
  const [good, bad] = [client.execute('query-status'), client.execute('explode')];
  const lines = [
    { QMP: {} },
    { event: 'MIGRATION', data: { status: 'active' } },
    { error: { class: 'GenericError', desc: 'No such command' }, id: 2 },
    { return: { running: true }, id: 1 },
    { event: 'MIGRATION', data: { status: 'completed' } },
  ];
  theirs.write(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(''));
  t.deepEqual(await good, { running: true });
  await t.throwsAsync(bad, { message: 'QEMU refused explode: No such command' });
  t.deepEqual(await event, { event: 'MIGRATION', data: { status: 'completed' } });
});
