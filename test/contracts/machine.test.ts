import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { LayerError } from '../../util/layer-error.ts';
import { type Machine, type MachineFactory, type MachineState, qemuMachines, STATE_FILES } from '../../vm/index.ts';
import {
  FakeMachine,
  type FakeGuest,
  FakeMachineFactory,
  fakeImage,
  type FakeResult,
} from '../helpers/fake-machine.ts';
import { processesNaming } from '../helpers/processes.ts';
import { machineObstacle, output, Scratch, type SharedBase, sharedBase } from '../helpers/shared-base.ts';
import { sharedMachine } from '../helpers/shared-machine.ts';

/** What the suite needs of either kind of machine. */
interface Rig {
  readonly scratch: Scratch;
  restore(state: MachineState, disk: string, signal?: AbortSignal): Promise<Machine>;
  /** For who leaves it as it is: others get the same. It is not theirs to end. */
  shared(): Promise<Machine>;
  readonly base: MachineState;
  /** Ends a machine behind its back. */
  kill(machine: Machine, disk: string): void;
}

/** A guest that understands the commands of this suite. */
async function fakeShell(command: string, { memory, signal, input }: FakeGuest): Promise<FakeResult> {
  if (command === 'cat') return { stdout: input };
  if (command === 'head -c 1; exit 3') return { stdout: input.subarray(0, 1), exitCode: 3 };
  const remember = /^echo (\w+) > (\/[\w/]+)( && sync)?$/.exec(command);
  if (remember !== null) memory.set(remember[2]!, `${remember[1]!}\n`);
  const [word, ...files] = command.split(' ');
  if (word === 'cat') return { stdout: files.map((file) => memory.get(file) ?? '').join('') };
  if (command.startsWith('test -e ')) return { exitCode: memory.has(files.at(-1)!) ? 0 : 1 };
  if (command === 'echo out; echo err >&2; exit 3') return { stdout: 'out\n', stderr: 'err\n', exitCode: 3 };
  if (command === 'kill -TERM $$') return { signalName: 'SIGTERM' };
  if (command === 'sleep 1000') await delay(1_000_000, undefined, { signal, ref: false }).catch(() => undefined);
  return {};
}

async function fakeRig(scratch: Scratch): Promise<Rig> {
  const factory: MachineFactory = new FakeMachineFactory(fakeShell);
  const image = fakeImage(scratch.make());
  const { kernel, initrd } = image;
  const config = { accelerator: 'tcg', cpus: 1, memoryMib: 64, tscKhz: null, kernel, initrd } as const;
  const folder = scratch.make();
  const disk = join(folder, STATE_FILES.disk);
  await using machine = await factory.boot({
    config,
    keys: image.keys,
    imageDisk: image.disk,
    disk,
    format: 'private',
  });
  await machine.freeze();
  const { state } = await machine.save({ folder, nextDisk: join(folder, 'next.qcow2'), wholeMemory: true });
  const restoreFake: Rig['restore'] = async (from, to, signal) =>
    factory.restore({ config, keys: image.keys, disk: to, state: from, signal });
  return {
    scratch,
    base: state,
    restore: restoreFake,
    shared: async () => restoreFake(state, join(scratch.make(), STATE_FILES.disk)),
    kill: (target) => {
      if (target instanceof FakeMachine) target.kill();
    },
  };
}

function realRig({ config, image, state }: SharedBase, scratch: Scratch): Rig {
  return {
    scratch,
    base: state,
    restore: (from, disk, signal) => qemuMachines.restore({ config, keys: image.keys, disk, state: from, signal }),
    shared: sharedMachine,
    kill: (_, disk) => {
      for (const pid of processesNaming(disk)) process.kill(pid, 'SIGKILL');
    },
  };
}

/** A folder with a machine in it. */
async function start(
  rig: Rig,
  state = rig.base,
): Promise<{ readonly machine: Machine; readonly folder: string; readonly disk: string }> {
  const folder = rig.scratch.make();
  const disk = join(folder, STATE_FILES.disk);
  return { machine: await rig.restore(state, disk), folder, disk };
}

type Contract = (t: ExecutionContext, rig: Rig) => Promise<void>;

/** More than a channel takes at once (2 MiB). */
const BIG = Buffer.from(Array.from({ length: 3 << 20 }, (_, index) => (index * 31) >> 7));

const CONTRACTS: Readonly<Record<string, Contract>> = {
  'a command reads the stream that it is given, and another takes what it prints': async (t, rig) => {
    const machine = await rig.shared();
    const output = new PassThrough();
    const [end, printed] = await Promise.all([
      machine.run('cat', { input: Readable.from([BIG.subarray(0, 70_000), BIG.subarray(70_000)]), output }),
      buffer(output),
    ]);
    t.is(end.exitCode, 0);
    t.true(printed.equals(BIG));
    let text = '';
    await machine.run('cat', { input: Buffer.from('some text'), onOutput: (_, bytes) => (text += bytes.toString()) });
    t.is(text, 'some text');
  },

  'a command may end before it has read all that it is given': async (t, rig) => {
    const machine = await rig.shared();
    const end = await machine.run('head -c 1; exit 3', { input: Readable.from([BIG, BIG]) });
    t.is(end.exitCode, 3);
  },

  'an input that breaks is an error, and not the end of the input': async (t, rig) => {
    const machine = await rig.shared();
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      await Promise.reject(new Error('the disk broke'));
    };
    await t.throwsAsync(machine.run('cat', { input: Readable.from(broken()) }), { message: 'the disk broke' });
    t.is((await machine.run('true')).exitCode, 0);
  },

  'run reports what a command prints on either stream, and its exit code': async (t, rig) => {
    const machine = await rig.shared();
    const printed = { stdout: '', stderr: '' };
    const end = await machine.run('echo out; echo err >&2; exit 3', {
      onOutput: (stream, bytes) => (printed[stream] += bytes.toString()),
    });
    t.deepEqual(end, { exitCode: 3, signalName: null });
    t.deepEqual(printed, { stdout: 'out\n', stderr: 'err\n' });
  },

  'a command reads its input to the end, and finds none where none was given': async (t, rig) => {
    const machine = await rig.shared();
    let printed = '';
    const onOutput = (_: string, bytes: Buffer): void => void (printed += bytes.toString());
    const input = 'a line\n'.repeat(50_000);
    t.deepEqual(await machine.run('cat', { input: Buffer.from(input), onOutput }), { exitCode: 0, signalName: null });
    t.is(printed.length, input.length);
    t.is(printed, input);
    printed = '';
    await machine.run('cat', { onOutput });
    t.is(printed, '');
  },

  'run reports the signal that ended a command': async (t, rig) => {
    const machine = await rig.shared();
    t.deepEqual(await machine.run('kill -TERM $$'), { exitCode: null, signalName: 'SIGTERM' });
  },

  'a restored machine remembers what the saved one did, and forgets what it did afterwards': async (t, rig) => {
    const { machine, folder } = await start(rig);
    let state: MachineState;
    {
      await using first = machine;
      await output(first, 'echo before > /dev/shm/memory');
      await first.freeze();
      ({ state } = await first.save({ folder, nextDisk: join(rig.scratch.make(), STATE_FILES.disk) }));
      await first.thaw();
      await output(first, 'echo after > /dev/shm/memory');
      t.is(await output(first, 'cat /dev/shm/memory'), 'after\n');
    }
    await using second = (await start(rig, state)).machine;
    t.is(await output(second, 'cat /dev/shm/memory'), 'before\n');
  },

  'memory and disk are carried from state to state, and each state stays as it was': async (t, rig) => {
    const states: MachineState[] = [];
    for (const word of ['one', 'two']) {
      const { machine, folder } = await start(rig, states.at(-1));
      await using running = machine;
      await output(running, `echo ${word} > /dev/shm/${word}`);
      await output(running, `echo ${word} > /root/${word} && sync`);
      await running.freeze();
      states.push((await running.save({ folder, nextDisk: join(rig.scratch.make(), STATE_FILES.disk) })).state);
    }
    await using last = (await start(rig, states[1])).machine;
    t.is(await output(last, 'cat /dev/shm/one /root/one /dev/shm/two /root/two'), 'one\none\ntwo\ntwo\n');
    await using first = (await start(rig, states[0])).machine;
    t.is(await output(first, 'cat /dev/shm/one /root/one'), 'one\none\n');
    for (const path of ['/dev/shm/two', '/root/two']) t.is((await first.run(`test -e ${path}`)).exitCode, 1, path);
  },

  'a save reports what it cost, and writes every file its state names': async (t, rig) => {
    const { machine, folder } = await start(rig);
    await using running = machine;
    await running.freeze();
    const { state, figures } = await running.save({ folder, nextDisk: join(rig.scratch.make(), STATE_FILES.disk) });
    t.is(state.disk, join(folder, STATE_FILES.disk));
    t.is(state.format, rig.base.format, 'a machine goes on in the format that it came from');
    if (state.format === 'private') t.is(state.deviceState, join(folder, STATE_FILES.deviceState));
    else t.is(state.stream, join(folder, STATE_FILES.stream));
    t.true(figures.pauseMs > 0 && figures.dirtyBytes > 0 && figures.storedBytes >= 0);
    await t.notThrowsAsync(async () => {
      await using _again = (await start(rig, state)).machine;
    });
  },

  'freezing twice and thawing twice is as good as once': async (t, rig) => {
    const machine = await rig.shared();
    await machine.freeze();
    await machine.freeze();
    await machine.thaw();
    await machine.thaw();
    t.is(await output(machine, 'cat /dev/null'), '');
  },

  'a restored machine knows how long its restore took': async (t, rig) => {
    const machine = await rig.shared();
    t.true((machine.restoreMs ?? 0) > 0);
  },

  'a command that is cancelled ends at once with the reason, and the machine goes on': async (t, rig) => {
    const machine = await rig.shared();
    t.is(await output(machine, 'cat /dev/null'), '');
    const cancelled = new AbortController();
    const running = machine.run('sleep 1000', { signal: cancelled.signal });
    cancelled.abort(new Error('enough'));
    await t.throwsAsync(running, { message: 'enough' });
    await t.throwsAsync(machine.run('cat /dev/null', { signal: cancelled.signal }), { message: 'enough' });
    t.is(await output(machine, 'cat /dev/null'), '');
  },

  'a port that nobody listens at is refused, which is an answer and no error': async (t, rig) => {
    const machine = await rig.shared();
    for (const host of ['localhost', '127.0.0.1'])
      t.deepEqual(await machine.forward(host, 9), { ok: false, why: 'connection refused' });
  },

  'a connection that is cancelled beforehand is not made': async (t, rig) => {
    const machine = await rig.shared();
    const aborted = AbortSignal.abort(new Error('Ctrl-C'));
    await t.throwsAsync(machine.forward('localhost', 9, aborted), { message: 'Ctrl-C' });
  },

  'a restore that is cancelled beforehand starts nothing': async (t, rig) => {
    const disk = join(rig.scratch.make(), STATE_FILES.disk);
    await t.throwsAsync(rig.restore(rig.base, disk, AbortSignal.abort(new Error('Ctrl-C'))), { message: 'Ctrl-C' });
    t.deepEqual(processesNaming(disk), []);
  },

  'every call after the end of a machine rejects': async (t, rig) => {
    const { machine, folder } = await start(rig);
    await machine[Symbol.asyncDispose]();
    const target = { folder, nextDisk: join(folder, 'next.qcow2') };
    const calls = [
      () => machine.run('true'),
      () => machine.freeze(),
      () => machine.thaw(),
      () => machine.save(target),
      () => machine.forward('localhost', 9),
    ];
    for (const call of calls) await t.throwsAsync(call, { instanceOf: LayerError, code: 'MACHINE_DIED' });
    await t.notThrowsAsync(async () => machine[Symbol.asyncDispose]());
  },

  'a machine that is killed says so, and so does the command that was running': async (t, rig) => {
    const { machine, disk } = await start(rig);
    await using killed = machine;
    t.is(await output(killed, 'cat /dev/null'), '');
    const running = t.throwsAsync(killed.run('sleep 1000'), { instanceOf: LayerError, code: 'MACHINE_DIED' });
    const died = t.throwsAsync(killed.died, { instanceOf: LayerError, code: 'MACHINE_DIED' });
    rig.kill(killed, disk);
    await Promise.all([running, died]);
    await t.throwsAsync(killed.run('true'), { code: 'MACHINE_DIED' });
  },
};

/** What depends on the form in which a machine is saved; the rest is the same machine. */
const ABOUT_STATES = new Set([
  'memory and disk are carried from state to state, and each state stays as it was',
  'a save reports what it cost, and writes every file its state names',
]);

const obstacle = machineObstacle();
const whyNot = obstacle === null ? '' : ` (skipped: ${obstacle})`;
for (const [title, contract] of Object.entries(CONTRACTS)) {
  test.serial(`fake: ${title}`, async (t) => {
    using scratch = new Scratch();
    await contract(t, await fakeRig(scratch));
  });
  const register = obstacle === null ? test.serial : test.serial.skip;
  register(`QEMU: ${title}${whyNot}`, async (t) => {
    using scratch = new Scratch();
    await contract(t, realRig(await sharedBase(), scratch));
  });
  if (!ABOUT_STATES.has(title)) continue;
  register(`QEMU, saved as a stream: ${title}${whyNot}`, async (t) => {
    using scratch = new Scratch();
    await contract(t, realRig(await sharedBase('stream'), scratch));
  });
}
