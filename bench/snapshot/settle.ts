import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1 << 20;
/** More than any save or restore of ours takes at a time. */
const OWN_MIB = 768;
const block = Buffer.alloc(4 * MIB, 1);

/**
 * Brings the host to rest before something is timed. What was written before is written back, which the next would wait
 * for; and a file of `mib` is written to `folder` and removed, so that the next finds memory that the host has. A host
 * that is itself a virtual machine reports its free pages to the hypervisor, which takes them back (virtio-balloon), and each
 * has to come again as it is touched: the same 26 MiB take 9 ms to write to a file, or 70 to 130 once the host has rested for
 * 20 s, whoever writes them.
 */
export function settleHost(folder: string, mib: number = OWN_MIB): void {
  execFileSync('sync');
  const path = join(folder, 'touched');
  const file = openSync(path, 'wx');
  try {
    for (let written = 0; written < mib; written += block.length / MIB) writeSync(file, block);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
