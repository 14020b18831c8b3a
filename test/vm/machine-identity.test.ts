import test from 'ava';

import type { MachineConfig } from '../../vm/machine-config.ts';
import { type MachineFacts, machineIdentity } from '../../vm/machine-identity.ts';

const CONFIG: MachineConfig = {
  accelerator: 'tcg',
  cpus: 2,
  memoryMib: 512,
  tscKhz: 2_250_000,
  kernel: '/images/one/vmlinuz',
  initrd: '/images/one/initrd',
};

const FACTS: MachineFacts = {
  qemuVersion: '7.2.22',
  offers: { binary: 'a', cpuFeatures: 'b' },
  format: 'private',
  kernelHash: 'c',
  initrdHash: 'd',
};

/** Another value for each part: the types see to it that none is left out. */
const OTHER_CONFIGS: { readonly [Field in keyof MachineConfig]: MachineConfig[Field] } = {
  accelerator: 'kvm',
  cpus: 1,
  memoryMib: 1024,
  tscKhz: 2_600_000,
  kernel: '/images/two/vmlinuz',
  initrd: '/images/two/initrd',
};

const OTHER_FACTS: { readonly [Field in keyof MachineFacts]: readonly MachineFacts[Field][] } = {
  qemuVersion: ['9.0.0'],
  offers: [
    { binary: 'other', cpuFeatures: 'b' },
    { binary: 'a', cpuFeatures: 'other' },
  ],
  format: ['stream', 'mapped-ram'],
  kernelHash: ['other'],
  initrdHash: ['other'],
};

const OWN = machineIdentity(CONFIG, FACTS);

for (const field of ['accelerator', 'cpus', 'memoryMib', 'tscKhz'] as const)
  test(`another ${field} of its configuration is another machine`, (t) => {
    t.notDeepEqual(machineIdentity({ ...CONFIG, [field]: OTHER_CONFIGS[field] }, FACTS), OWN);
    const kvm = { ...CONFIG, accelerator: 'kvm' } as const;
    if (field !== 'accelerator')
      t.notDeepEqual(machineIdentity({ ...kvm, [field]: OTHER_CONFIGS[field] }, FACTS), machineIdentity(kvm, FACTS));
  });

for (const [field, values] of Object.entries(OTHER_FACTS))
  test(`another ${field} is another machine`, (t) => {
    for (const value of values) t.notDeepEqual(machineIdentity(CONFIG, { ...FACTS, [field]: value }), OWN);
  });

test('where the files of its kernel lie does not matter: what is in them does', (t) => {
  const { kernel, initrd } = OTHER_CONFIGS;
  t.deepEqual(machineIdentity({ ...CONFIG, kernel, initrd }, FACTS), OWN);
});
