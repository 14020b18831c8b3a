import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onSmallDisk, smallDiskTest } from '../../helpers/small-disk.ts';

const STORE = join(import.meta.dirname, '../../../runner/caches/cache-store.ts');

/** Saves a little, then more than the disk takes, and says what became of both. */
const PROGRAM = `
  import { randomBytes } from 'node:crypto';
  import { once } from 'node:events';
  import { readdirSync } from 'node:fs';
  import { text } from 'node:stream/consumers';
  const { CacheStore } = await import(${JSON.stringify(STORE)});
  const [home] = process.argv.slice(1);
  const store = new CacheStore(home);
  const cache = { repository: 'r', folder: '/c' };
  await store.save(cache, '1'.repeat(32), async (output) => output.end('one'));
  const endless = async (output, signal) => {
    for (;;) if (!output.write(randomBytes(1 << 16))) await once(output, 'drain', { signal });
  };
  console.log(await store.save(cache, '2'.repeat(32), endless).then(() => 'saved', (error) => error.code));
  console.log(await text((await store.read(cache)).content), readdirSync(home + '/caches').length);
`;

smallDiskTest('a full disk ends a save at once, and what was stored stays', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'layer-full-disk-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const program = [process.execPath, '--no-warnings', '--input-type=module', '-e', PROGRAM, folder];
  const { status, stdout, stderr } = onSmallDisk(folder, program);
  t.is(status, 0, stderr);
  t.is(stdout, 'ENOSPC\none 1\n');
});
