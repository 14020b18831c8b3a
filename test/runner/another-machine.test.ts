import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import type { StepEnded } from '../../runner/build-event.ts';
import type { RunOptions } from '../../runner/run-options.ts';
import { pointerPath } from '../../vm/images/base-image.ts';
import { requireRecipe } from '../../vm/index.ts';
import { Scratch } from '../helpers/shared-base.ts';
import { FakeProject } from './fake-project.ts';

const LAYERFILE = 'FROM vm/debian:12\nCOPY . .\nRUN make\n';

interface Change {
  /** Makes another machine of the project's; gives back what a run of it needs. */
  readonly make: (project: FakeProject) => Partial<RunOptions>;
  /** What the first step to run says of it. */
  readonly field: string;
  readonly was?: string;
  readonly now?: string;
}

/** As if the host were another one: what was found out about it is not remembered. */
function offering(offers: Partial<FakeProject['machines']['offers']>): Change['make'] {
  return (project) => {
    project.machines.offers = { ...project.machines.offers, ...offers };
    rmSync(join(project.home, 'host.json'));
    return {};
  };
}

function writing(file: string): Change['make'] {
  return ({ home }) => {
    writeFileSync(join(home, 'images', 'fake', file), 'another one');
    return {};
  };
}

const CHANGES: Readonly<Record<string, Change>> = {
  'another build of the same version of QEMU': {
    make: offering({ binary: 'other-qemu' }),
    field: 'qemuBinary',
  },
  'a CPU with other features': { make: offering({ cpuFeatures: 'other-features' }), field: 'cpuFeatures' },
  'a QEMU whose memory cannot be reached': {
    make: offering({ privateObstacle: 'no way in' }),
    field: 'format',
    was: 'private',
    now: 'stream',
  },
  'another accelerator': {
    make: () => ({ accelerator: 'kvm' }),
    field: 'accelerator',
    was: 'tcg',
    now: 'kvm',
  },
  'more memory': {
    make: (project) => {
      project.write('Layerfile', LAYERFILE.replace('COPY', 'MEMORY 3G\nCOPY'));
      return {};
    },
    field: 'memoryMib',
    was: '1024',
    now: '3072',
  },
  'another kernel': { make: writing('vmlinuz'), field: 'kernel' },
  'another initial RAM disk': { make: writing('initrd'), field: 'initrd' },
  'an image that was built anew, as it is for another guest helper': {
    make: ({ home }) => {
      const images = join(home, 'images');
      cpSync(join(images, 'fake'), join(images, 'anew'), { recursive: true });
      const pointer = pointerPath(images, requireRecipe('debian', '12'));
      writeFileSync(pointer, readFileSync(pointer, 'utf8').replace('"id":"fake"', '"id":"anew"'));
      return {};
    },
    field: 'base',
    was: 'fake',
    now: 'anew',
  },
};

function machineOf({ miss }: StepEnded) {
  return miss?.reason === 'instruction' ? miss.machine : undefined;
}

for (const [title, { make, field, ...values }] of Object.entries(CHANGES)) {
  test(`${title} is another machine: nothing is restored into it, and it says why`, async (t) => {
    using project = new FakeProject({ Layerfile: LAYERFILE });
    t.is((await project.run()).outcomes, 'ran ran ran');
    const planned = await project.plan(make(project));
    t.regex(planned.outcomes, /^(would-run ?)+$/);
    t.like(machineOf(planned.steps[0]!), { field, ...values });
    t.deepEqual(planned.calls, []);
  });
}

test('for another machine everything runs from a boot of its own, and is then restored', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  await project.run();
  offering({ privateObstacle: 'no way in', mappedRam: true })(project);
  const clean = await project.run();
  t.is(clean.outcomes, 'ran ran ran');
  t.is(clean.calls[0], 'boot', 'no state of the other machine was tried');
  t.like(machineOf(clean.steps[0]!), { field: 'format', was: 'private', now: 'mapped-ram' });
  t.regex(clean.warnings.join(), /takes longer than it need: no way in/);
  t.is((await project.run()).outcomes, 'restored restored restored');
});

test.serial(
  'another version of QEMU is another machine, and what was saved fits again when the old one is back',
  async (t) => {
    using project = new FakeProject({ Layerfile: LAYERFILE });
    await project.run();
    using scratch = new Scratch();
    const path = process.env['PATH'] ?? '';
    t.teardown(() => void (process.env['PATH'] = path));
    const qemu = join(scratch.folder, 'qemu-system-x86_64');
    writeFileSync(qemu, '#!/bin/sh\necho QEMU emulator version 99.0\n', { mode: 0o755 });
    process.env['PATH'] = `${scratch.folder}:${path}`;
    const planned = await project.plan();
    t.is(planned.outcomes, 'would-run would-run would-run');
    t.like(machineOf(planned.steps[0]!), { field: 'qemu', now: '99.0' });
    process.env['PATH'] = path;
    t.is((await project.plan()).outcomes, 'restored restored restored');
  },
);

test('where another Layerfile has booted the new machine already, the first step below FROM says so', async (t) => {
  using project = new FakeProject({ 'a/Layerfile': LAYERFILE, 'b/Layerfile': LAYERFILE.replace('make', 'make all') });
  await project.run({ paths: ['a/Layerfile'] });
  t.is((await project.run({ paths: ['b/Layerfile'] })).outcomes, 'restored ran ran');
  offering({ binary: 'other-qemu' })(project);
  await project.run({ paths: ['a/Layerfile'] });
  const { outcomes, steps } = await project.run({ paths: ['b/Layerfile'] });
  t.is(outcomes, 'restored ran ran');
  t.like(machineOf(steps[1]!), { field: 'qemuBinary' });
});

test('a step that runs again for another reason says nothing of the machine', async (t) => {
  using project = new FakeProject({ Layerfile: LAYERFILE });
  await project.run();
  project.write('Layerfile', LAYERFILE.replace('make', 'make all'));
  const { outcomes, steps } = await project.run();
  t.is(outcomes, 'restored restored ran');
  t.deepEqual(steps[2]!.miss, { reason: 'instruction', was: 'RUN make' });
});
