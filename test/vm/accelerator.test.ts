import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { type AcceleratorVerdict, chooseAccelerator } from '../../vm/accelerator.ts';
import { HostFacts } from '../../vm/host-facts.ts';
import { machineObstacle, Scratch, sharedImage } from '../helpers/shared-base.ts';
import { qemuMachines } from '../../vm/index.ts';

const never = (): Promise<null> => Promise.reject(new Error('nothing was to be booted'));
const AUTO = { request: 'auto', remembered: undefined } as const;

test('without a device machines run without acceleration, and nothing is booted to find out', async (t) => {
  const verdict = await chooseAccelerator({ ...AUTO, device: '/absent/kvm', bootProbe: never });
  t.deepEqual(verdict, { accelerator: 'tcg', reason: 'there is no /absent/kvm' });
});

test('a device that cannot be opened for another reason is named with that reason', async (t) => {
  const verdict = await chooseAccelerator({ ...AUTO, device: tmpdir(), bootProbe: never });
  t.deepEqual(verdict, { accelerator: 'tcg', reason: `${tmpdir()} cannot be opened (EISDIR)` });
});

test('a device this user may not open is named as not permitted', (t) => {
  using scratch = new Scratch();
  const device = join(scratch.folder, 'kvm');
  writeFileSync(device, '', { mode: 0o600 });
  chmodSync(scratch.folder, 0o755);
  const module = new URL('../../vm/accelerator.ts', import.meta.url).href;
  const source = `
    const [{ chooseAccelerator }, device] = [await import(${JSON.stringify(module)}), ${JSON.stringify(device)}];
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    else (await import('node:fs')).chmodSync(device, 0);
    const verdict = await chooseAccelerator({ request: 'auto', device, remembered: undefined, bootProbe: () => Promise.reject(new Error('booted')) });
    console.log(JSON.stringify(verdict));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  t.deepEqual(JSON.parse(printed), {
    accelerator: 'tcg',
    reason: `${device} may not be opened by this user (is it in the group kvm?)`,
  });
});

test('a device under which a kernel boots is used', async (t) => {
  const verdict = await chooseAccelerator({ ...AUTO, device: '/dev/null', bootProbe: () => Promise.resolve(null) });
  t.deepEqual(verdict, { accelerator: 'kvm', reason: 'a kernel booted under KVM' });
});

test('a device under which no kernel boots is not used, and what happened is said', async (t) => {
  const bootProbe = (): Promise<string> => Promise.resolve('a kernel hung');
  const verdict = await chooseAccelerator({ ...AUTO, device: '/dev/null', bootProbe });
  t.deepEqual(verdict, { accelerator: 'tcg', reason: '/dev/null is there, but a kernel hung' });
});

test('what was found out before is not tried again, unless the device is gone meanwhile', async (t) => {
  const remembered: AcceleratorVerdict = { accelerator: 'kvm', reason: 'a kernel booted under KVM' };
  const question = { request: 'auto', remembered, bootProbe: never } as const;
  t.is(await chooseAccelerator({ ...question, device: '/dev/null' }), remembered);
  t.is((await chooseAccelerator({ ...question, device: '/absent/kvm' })).accelerator, 'tcg');
});

test('what the user asks for is not questioned', async (t) => {
  for (const request of ['kvm', 'tcg'] as const) {
    const verdict = await chooseAccelerator({
      request,
      device: '/absent/kvm',
      remembered: undefined,
      bootProbe: never,
    });
    t.deepEqual(verdict, { accelerator: request, reason: 'chosen by the user' });
  }
});

const obstacle = machineObstacle();
const serial = obstacle === null ? test.serial : test.serial.skip;
const why = obstacle === null ? '' : ` (${obstacle})`;

serial(`the probe answers within 10 s on this machine's own device, and the answer is remembered${why}`, async (t) => {
  const { image } = await sharedImage();
  const home = mkdtempSync(join(tmpdir(), 'layer-test-'));
  const facts = new HostFacts(home);
  const started = performance.now();
  const verdict = await chooseAccelerator({
    ...AUTO,
    device: '/dev/kvm',
    bootProbe: async () => qemuMachines.bootProbe({ kernel: image.kernel, accelerator: 'kvm' }),
  });
  t.true(performance.now() - started < 10_000);
  facts.rememberAccelerator(verdict);
  t.deepEqual(new HostFacts(home).rememberedAccelerator(), verdict);
});

serial(
  `the probe's kernel comes up where acceleration is known to work, and a hang is told from it${why}`,
  async (t) => {
    const { image } = await sharedImage();
    // The limit of the product is for KVM, under which the same takes a fraction of a second.
    t.is(await qemuMachines.bootProbe({ kernel: image.kernel, accelerator: 'tcg', limitMs: 120_000 }), null);
    const late = await qemuMachines.bootProbe({ kernel: image.kernel, accelerator: 'tcg', limitMs: 50 });
    t.is(late, 'a kernel started under it did not come up within 0.05 s');
  },
);

serial(`a probe that is cancelled ends at once with the reason${why}`, async (t) => {
  const { image } = await sharedImage();
  const abort = new AbortController();
  const probing = qemuMachines.bootProbe({ kernel: image.kernel, accelerator: 'tcg', signal: abort.signal });
  abort.abort(new Error('Ctrl-C'));
  await t.throwsAsync(probing, { message: 'Ctrl-C' });
});
