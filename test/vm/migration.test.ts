import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { migrateFromMapped, migrateToMapped } from '../../vm/migration-stream.ts';
import { fakeQmp } from '../helpers/fake-qmp.ts';
import { Scratch } from '../helpers/shared-base.ts';

/** QEMU 9.0's way cannot be run with the QEMU of these tests: what it is told is checked, not what it does. */
const MAPPED =
  'migrate-set-capabilities {"capabilities":[{"capability":"events","state":true},{"capability":"mapped-ram","state":true}]}';

function ending(status: string): (command: string) => readonly object[] {
  return (command) =>
    command === 'migrate' || command === 'migrate-incoming'
      ? [
          { event: 'MIGRATION', data: { status: 'active' } },
          { event: 'MIGRATION', data: { status } },
        ]
      : [];
}

test('a state with memory at fixed places is written by QEMU into a file that only we may read', async (t) => {
  using scratch = new Scratch();
  using qemu = await fakeQmp(scratch.folder, ending('completed'));
  const file = join(scratch.folder, 'machine.stream');
  await migrateToMapped(qemu, file);
  t.deepEqual(qemu.commands, [
    'migrate-set-parameters {"max-bandwidth":1099511627776}',
    MAPPED,
    `migrate {"uri":"file:${file}"}`,
  ]);
  t.is(statSync(file).mode & 0o777, 0o600);
});

test('it is loaded by QEMU from there, with the same capability', async (t) => {
  using scratch = new Scratch();
  using qemu = await fakeQmp(scratch.folder, ending('completed'));
  const file = join(scratch.folder, 'machine.stream');
  writeFileSync(file, '');
  await migrateFromMapped(qemu, file);
  t.deepEqual(qemu.commands, [MAPPED, `migrate-incoming {"uri":"file:${file}"}`]);
});

test('a migration that fails is an error either way, and a state is never overwritten', async (t) => {
  using scratch = new Scratch();
  using qemu = await fakeQmp(scratch.folder, ending('failed'));
  const file = join(scratch.folder, 'machine.stream');
  await t.throwsAsync(migrateToMapped(qemu, file), { message: /ended as "failed"/ });
  t.true(existsSync(file));
  await t.throwsAsync(migrateFromMapped(qemu, file), { code: 'SNAPSHOT_DAMAGED' });
  await t.throwsAsync(migrateToMapped(qemu, file), { code: 'EEXIST' });
});

test('a QEMU that ends before it is told to load is one error, not two', async (t) => {
  using scratch = new Scratch();
  using qemu = await fakeQmp(scratch.folder, (command) => {
    if (command === 'migrate-incoming') qemu[Symbol.dispose]();
    return [];
  });
  // What nobody catches ends this process.
  await t.throwsAsync(migrateFromMapped(qemu, join(scratch.folder, 'machine.stream')), { code: 'SNAPSHOT_DAMAGED' });
});
