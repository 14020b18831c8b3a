import type { Socket } from 'node:net';

import test from 'ava';

import type { PortName } from '../../vm/machine-config.ts';
import { QemuProcess } from '../../vm/qemu-process.ts';
import { MAX_READ_AHEAD_BYTES } from '../../fs-tracer/fuse-protocol.ts';
import { createTracer } from '../../fs-tracer/index.ts';
import { ROOT_PATH } from '../../fs-tracer/workspace-path.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';
import { sharedMachine } from '../helpers/shared-machine.ts';

/** The ports of the machine started last. */
const ports = new Map<PortName, Socket>();

test.before(() => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const port = QemuProcess.prototype.port;
  QemuProcess.prototype.port = function (name) {
    const socket = port.call(this, name);
    ports.set(name, socket);
    return socket;
  };
});

machineTest('absurd lines on the control port do not end the helper', async (t) => {
  const machine = await sharedMachine();
  const lines = [
    '',
    ' ',
    '1',
    'x'.repeat(60_000),
    `${'9'.repeat(3000)} nonsense`,
    `0 ${'v'.repeat(3000)}`,
    `0 folder ${'%zz'.repeat(500)}`,
    `0 folder /${'x'.repeat(9000)}`,
    `0 overlay ${'/a '.repeat(40)}`,
    '0 restored 1 00',
    '0 restored',
    '0 unmount /nowhere',
    '\0\0\0 ping',
    '0 shell',
  ];
  for (const line of lines) ports.get('control')!.write(`${line}\n`, 'latin1');
  await machine.makeFolder('/srv/still/there');
  t.is(await output(machine, 'ls /srv/still'), 'there\n');
});

machineTest('a helper that starts before its port is announced waits for it', async (t) => {
  const machine = await sharedMachine();
  // A second helper, for which no port is there at first; then there is one, which the first helper holds.
  const said = await output(
    machine,
    `unshare -m bash -c 'mount -t tmpfs none /sys/class/virtio-ports || exit
/usr/lib/layer/layer-guest 2>&1 & helper=$!
sleep 0.5; kill -0 $helper && echo waits
umount /sys/class/virtio-ports; wait $helper; true'`,
  );
  t.is(said, 'waits\nlayer-guest: no layer.control port: Resource busy\n');
});

machineTest('a refusal of the helper says what could not be done', async (t) => {
  const machine = await sharedMachine();
  await t.throwsAsync(machine.unmount('/srv'), {
    code: 'GUEST_PROTOCOL',
    message: 'The guest could not do "unmount": unmount: Invalid argument',
  });
  await t.throwsAsync(machine.makeFolder('/etc/passwd/below'), { code: 'GUEST_PROTOCOL' });
  await t.throwsAsync(machine.mountOverlay('/srv/x', ['/srv/absent'], '/var/lib/layer/overlays/1'), {
    code: 'GUEST_PROTOCOL',
  });
});

machineTest(
  'an overlay shows its layers from the top down, keeps writes in its upper folder, and goes when unmounted',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const { machine } = restored;
    await output(
      machine,
      "mkdir -p '/srv/a:b' /srv/low; echo top > '/srv/a:b/both'; echo low > /srv/low/both; echo only > /srv/low/one",
    );
    const [target, upper] = ['/srv/a target', '/var/lib/layer/overlays/1'];
    await machine.mountOverlay(target, ['/srv/a:b', '/srv/low'], upper);
    t.is(await output(machine, `cd '${target}'; cat both one; echo new > two; rm one`), 'top\nonly\n');
    t.is(await output(machine, `cat ${upper}/upper/two; ls /srv/low`), 'new\nboth\none\n');
    const { state } = await restored.save();
    await using again = await restore(base, scratch, state);
    t.is(await output(again.machine, `ls '${target}'`), 'both\ntwo\n');
    await again.machine.unmount(target);
    t.is(await output(again.machine, `ls '${target}'`), '');
  },
);

machineTest(
  'an overlay of more layers than a page has room for, and folders that stay whose they were',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const { machine } = restored;
    const layers = Array.from({ length: 240 }, (_, index) => `/srv/a layer with a long name/${index}`);
    const make =
      'mkdir -p "/srv/a layer with a long name/"{0..239}/sub; for i in {0..239}; do echo $i >"/srv/a layer with a long name/$i/f$i"; done';
    await output(machine, `${make}; mkdir -m 2710 /srv/old; chown 12:34 /srv/old; ln -s old /srv/link`);
    const upper = '/var/lib/layer/overlays/1';
    await machine.keepFolder('/srv/old', `${upper}/upper/sub`);
    await machine.keepFolder('/srv/absent', `${upper}/upper/absent`);
    await machine.keepFolder('/srv/link', `${upper}/upper/link`);
    await machine.mountOverlay('/srv/many', layers, upper);
    t.is(
      await output(machine, 'cd /srv/many; ls | wc -l; cat f0 f120 f239; stat -c %a:%u:%g sub; ls sub'),
      '241\n0\n120\n239\n2710:12:34\n',
    );
    await machine.unmount('/srv/many');
  },
);

machineTest(
  'the workspace is mounted with a read-ahead of two reads, and mounting it observes nothing',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const { machine } = restored;
    const workspace = new MemoryWorkspace();
    workspace.write('file', 'content\n');
    await using tracer = createTracer({ workspace, runStartedAtMs: Date.now(), state: undefined, inherited: [] });
    tracer.attach(machine.fileSystemPort, (message) => machine.shorten(message));
    await machine.mountWorkspace('/run/layer/workspace');
    await machine.freeze();
    t.deepEqual(tracer.freezeStep().newObservations, []);
    await machine.thaw();
    const device = '/sys/class/bdi/$(mountpoint -d /run/layer/workspace)';
    t.is(await output(machine, `cat ${device}/read_ahead_kb`), `${MAX_READ_AHEAD_BYTES / 1024}\n`);
  },
);

/** Sets `idle` to how many threads of the helper are SCHED_IDLE (proc(5): 5 in field 41 of `stat`, 39 after the name). */
const COUNT_IDLE =
  'idle=0; for stat in /proc/$helper/task/*/stat; do read -r line < $stat; set -- ${line##*) }; [ ${39} = 5 ] && idle=$((idle + 1)); done';
const WITH_HELPER = 'helper=$(pgrep -xo layer-guest)';

machineTest(
  'the thread that answers tries staying with a process that reads many files, and is an ordinary one again in a frozen machine',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const { machine } = restored;
    const workspace = new MemoryWorkspace();
    for (let number = 0; number < 300; number++) workspace.write(`files/${number}`, `content ${number}\n`);
    await using tracer = createTracer({ workspace, runStartedAtMs: Date.now(), state: undefined, inherited: [] });
    tracer.addView([{ at: '', source: ROOT_PATH }]);
    tracer.attach(machine.fileSystemPort, (message) => machine.shorten(message));
    await machine.mountWorkspace('/run/layer/workspace');
    const readAll = `cd /run/layer/workspace/0/files; most=0; sum=0; for number in {0..299}; do
      read -r word found < $number; sum=$((sum + found)); ${COUNT_IDLE}; [ $idle -gt $most ] && most=$idle; done`;
    t.is(await output(machine, `${WITH_HELPER}; ${readAll}; echo $most $sum`), `1 ${(299 * 300) / 2}\n`);
    await machine.freeze();
    await machine.thaw();
    t.is(await output(machine, `${WITH_HELPER}; ${COUNT_IDLE}; echo $idle`), '0\n');
  },
);
