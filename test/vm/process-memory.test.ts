import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';

import test from 'ava';

import { PAGE_BYTES } from '../../vm/memory-delta.ts';
import { findMemory, ProcessMemory } from '../../vm/process-memory.ts';

test('memory of a process that has ended is neither read nor written, and nobody waits for it', async (t) => {
  const child = spawn(process.execPath, ['--eval', 'console.log("mapped"); setInterval(() => undefined, 1000)']);
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  // Any file that it maps will do.
  using memory = new ProcessMemory(findMemory(child.pid!, realpathSync(process.execPath)));
  child.kill('SIGKILL');
  await exited;
  const page = Buffer.alloc(PAGE_BYTES);
  t.throws(() => memory.read(0, page), { message: /QEMU went away/ });
  t.throws(() => memory.write(0, page), { code: 'MACHINE_DIED', message: /QEMU went away/ });
});
