import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createOverlay } from '../../vm/disk-overlay.ts';
import { squashDisk } from '../../vm/qemu-img.ts';
import { Scratch } from '../helpers/shared-base.ts';

/** What QEMU 7.2 does where the last flush fails: the disk lacks what was written, and all is said to be well. */
const FORGIVING = `#!/bin/sh
echo 'qemu-img: Failed to flush the L2 table cache: Input/output error' >&2
`;

test('a disk whose last flush failed is not taken for squashed, though qemu-img says nothing by its exit code', async (t) => {
  using scratch = new Scratch();
  const [programs, folder] = [scratch.make(), scratch.make()];
  writeFileSync(join(programs, 'qemu-img'), FORGIVING, { mode: 0o755 });
  const [image, base] = [join(folder, 'image.raw'), join(folder, 'base.qcow2')];
  writeFileSync(image, Buffer.alloc(1 << 20));
  createOverlay(base, image, 'raw');
  const path = process.env['PATH'] ?? '';
  t.teardown(() => void (process.env['PATH'] = path));
  process.env['PATH'] = `${programs}:${path}`;
  const error = await t.throwsAsync(squashDisk(join(folder, 'new.qcow2'), base, base), { code: 'CACHE_UNUSABLE' });
  t.regex(String(error.cause), /Failed to flush/);
});
