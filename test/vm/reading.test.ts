import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';

const PATH = process.env['PATH'] ?? '';
test.afterEach.always(() => void (process.env['PATH'] = PATH));

/**
 * Has the kernel refuse io_uring_setup(2) to what is run by it, as containers do (seccomp(2)): system call 425 fails with EPERM.
 */
const REFUSING = `
syscall(157, 38, 1, 0, 0, 0) == 0 or die "prctl: $!";
my $filter = pack "(SCCL)4", 0x20, 0, 0, 0, 0x15, 0, 1, 425, 0x06, 0, 0, 0x00050001, 0x06, 0, 0, 0x7fff0000;
my $program = pack "Sx6P", 4, $filter;
syscall(157, 22, 2, $program) == 0 or die "seccomp: $!";
exec @ARGV or die "exec: $!";
`;

machineTest(
  'where io_uring is refused, a machine is restored without, and it is asked for once',
  async (t, base, scratch) => {
    const folder = scratch.make();
    const [asked, refusing] = [join(folder, 'asked'), join(folder, 'refusing.pl')];
    const qemu = execFileSync('sh', ['-c', 'command -v qemu-system-x86_64'], { encoding: 'utf8' }).trim();
    const lines = [
      '#!/bin/sh',
      `case "$*" in *io_uring*) echo yes >> ${asked} ;; *) echo no >> ${asked} ;; esac`,
      `exec perl ${refusing} ${qemu} "$@"`,
    ];
    writeFileSync(refusing, REFUSING);
    writeFileSync(join(folder, 'qemu-system-x86_64'), `${lines.join('\n')}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${PATH}`;
    for (let time = 0; time < 2; time++) {
      await using restored = await restore(base, scratch);
      t.is(await output(restored.machine, 'md5sum < /etc/os-release | wc -c'), '36\n');
    }
    t.is(readFileSync(asked, 'utf8'), 'yes\nno\nno\n');
  },
);
