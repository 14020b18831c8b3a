import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';

const MIB = 1 << 20;

machineTest('what the guest deleted and trimmed takes no room in a snapshot', async (t, base, scratch) => {
  await using restored = await restore(base, scratch);
  const { machine } = restored;
  await output(machine, 'head -c 64M /dev/urandom > /root/large; sync');
  const full = (await restored.save()).state;
  t.true(statSync(full.disk).blocks * 512 > 64 * MIB);
  await output(machine, 'head -c 64M /dev/urandom > /root/other; sync; rm /root/other /root/large; sync; fstrim /');
  const trimmed = (await restored.save()).state;
  t.log(`${Math.round((statSync(trimmed.disk).blocks * 512) / MIB)} MiB after 64 MiB were written and trimmed`);
  t.true(statSync(trimmed.disk).blocks * 512 < 16 * MIB);
  await output(machine, 'head -c 100000 /dev/urandom > /root/kept; sync');
  const last = (await restored.save()).state;
  for (const { disk } of [full, trimmed, last]) execFileSync('qemu-img', ['check', disk], { stdio: 'ignore' });
});
