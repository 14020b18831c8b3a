import { execFileSync } from 'node:child_process';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createOverlay } from '../../vm/disk-overlay.ts';
import { diskChain } from '../../vm/qcow2-chain.ts';
import { qemuImgTest } from '../helpers/machine-test.ts';
import { Scratch } from '../helpers/shared-base.ts';

const MIB = 1 << 20;
const GIB = 1 << 30;

function rawImage(scratch: Scratch, bytes: number): string {
  const image = join(scratch.make(), 'an image, of sorts.raw');
  writeFileSync(image, '');
  truncateSync(image, bytes);
  return image;
}

function qemuImg(...imageArguments: readonly string[]): string {
  return execFileSync('qemu-img', imageArguments, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

qemuImgTest('QEMU finds a new disk file whole, empty, and over the one it was made over', (t) => {
  using scratch = new Scratch();
  for (const bytes of [MIB, 16 * GIB, 16 * GIB + 512, 3000 * GIB]) {
    const image = rawImage(scratch, bytes);
    const [first, second] = [join(scratch.make(), 'first.qcow2'), join(scratch.make(), 'second.qcow2')];
    createOverlay(first, image, 'raw');
    createOverlay(second, first, 'qcow2');
    t.like(JSON.parse(qemuImg('info', '--output=json', second)), {
      'virtual-size': bytes,
      'cluster-size': 65536,
      'backing-filename': first,
      'backing-filename-format': 'qcow2',
      'format-specific': { data: { 'extended-l2': true, 'refcount-bits': 16, corrupt: false } },
    });
    t.like(JSON.parse(qemuImg('info', '--output=json', first)), { 'backing-filename-format': 'raw' });
    qemuImg('check', first);
    t.deepEqual(diskChain(second), [second, first, image]);
    t.true(statSync(first).blocks * 512 <= 32_768);
  }
});

qemuImgTest('what is written to a new disk file lies there and nowhere else, small blocks in little room', (t) => {
  using scratch = new Scratch();
  const image = rawImage(scratch, GIB);
  const file = join(scratch.make(), 'disk.qcow2');
  createOverlay(file, image, 'raw');
  const before = statSync(file).blocks;
  const blocks = Array.from({ length: 40 }, (_, index) => `${1 + index * 20}M 4k`);
  const writes = blocks.flatMap((block) => ['-c', `write -P 7 ${block}`, '-c', `read -P 7 ${block}`]);
  execFileSync('qemu-io', [...writes, '-c', 'read -P 0 0 4k', file]);
  qemuImg('check', file);
  t.is(statSync(image).blocks, 0);
  // Whole clusters of 64 KiB would take 2,560 KiB.
  const storedBytes = (statSync(file).blocks - before) * 512;
  t.true(storedBytes <= 640 * 1024, `${storedBytes} bytes`);
});

qemuImgTest('a disk file over one that is missing, or no disk, is not made', (t) => {
  using scratch = new Scratch();
  const [folder, text] = [scratch.make(), join(scratch.make(), 'text')];
  writeFileSync(text, 'no disk at all, however long the text may be');
  for (const [backing, format] of [
    ['/absent', 'raw'],
    ['/absent', 'qcow2'],
    [text, 'qcow2'],
  ] as const) {
    t.throws(() => createOverlay(join(folder, 'disk.qcow2'), backing, format), { code: 'CACHE_UNUSABLE' });
  }
  t.throws(() => statSync(join(folder, 'disk.qcow2')), { code: 'ENOENT' });
});

qemuImgTest('a disk file that is there already is not written over', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.make(), 'disk.qcow2');
  writeFileSync(file, 'precious');
  t.throws(() => createOverlay(file, rawImage(scratch, MIB), 'raw'), { code: 'CACHE_UNUSABLE' });
});
