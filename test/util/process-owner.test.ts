import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test from 'ava';

import { mayBeAlive, processOwner, thisProcess } from '../../util/process-owner.ts';

test('this process is alive', (t) => {
  t.true(mayBeAlive(thisProcess(), 0));
});

test('a process that has ended is not', async (t) => {
  const child = spawn('sleep', ['100']);
  const [boot, namespace] = thisProcess().split(' ');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.false(mayBeAlive(`${boot} ${namespace} ${child.pid} 1`, 0));
});

test('another process under the same number is not taken for it', (t) => {
  const [boot, namespace, pid, start] = thisProcess().split(' ');
  t.false(mayBeAlive(`${boot} ${namespace} ${pid} ${Number(start) + 1}`, 0));
});

test('nothing outlives a reboot', (t) => {
  t.false(mayBeAlive(`another-boot ${thisProcess().split(' ').slice(1).join(' ')}`, 0));
});

test('a process of another PID namespace gets the benefit of the doubt for a day', (t) => {
  const [boot, , pid, start] = thisProcess().split(' ');
  const foreign = `${boot} pid:[1] ${pid} ${start}`;
  t.true(mayBeAlive(foreign, 3_600_000));
  t.false(mayBeAlive(foreign, 25 * 3_600_000));
});

test('a process of another id is named in the same way, as long as it is there', async (t) => {
  t.is(processOwner(process.pid), thisProcess());
  const child = spawn('sleep', ['100']);
  const owner = processOwner(child.pid ?? 0) ?? '';
  t.true(mayBeAlive(owner, 0));
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.false(mayBeAlive(owner, 0));
  t.is(processOwner(child.pid ?? 0), null);
});
