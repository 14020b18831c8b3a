import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';

const PATH = process.env['PATH'] ?? '';
test.afterEach.always(() => void (process.env['PATH'] = PATH));

machineTest(
  'where io_uring is refused, a machine is restored without, and it is asked for once',
  async (t, base, scratch) => {
    const folder = scratch.make();
    const asked = join(folder, 'asked');
    const qemu = execFileSync('sh', ['-c', 'command -v qemu-system-x86_64'], { encoding: 'utf8' }).trim();
    const refusal = 'Unable to use io_uring: failed to init linux io_uring ring';
    const lines = [
      '#!/bin/sh',
      `case "$*" in *io_uring*) echo yes >> ${asked}; echo "${refusal}" >&2; exit 1 ;; esac`,
      `echo no >> ${asked}`,
      `exec ${qemu} "$@"`,
    ];
    writeFileSync(join(folder, 'qemu-system-x86_64'), `${lines.join('\n')}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}:${PATH}`;
    for (let time = 0; time < 2; time++) {
      await using restored = await restore(base, scratch);
      t.is(await output(restored.machine, 'md5sum < /etc/os-release | wc -c'), '36\n');
    }
    t.is(readFileSync(asked, 'utf8'), 'yes\nno\nno\n');
  },
);
