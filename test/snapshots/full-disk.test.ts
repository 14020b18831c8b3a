import { join } from 'node:path';

import { onSmallDisk, smallDiskTest } from '../helpers/small-disk.ts';
import { scratchFolder } from './scratch.ts';

const FILLER = join(import.meta.dirname, 'disk-filler.ts');

smallDiskTest('a full disk is reported with a hint, and the store stays whole and usable', (t) => {
  const folder = scratchFolder(t);
  const { status, stdout, stderr } = onSmallDisk(folder, [process.execPath, FILLER, folder]);
  t.is(status, 0, stderr);
  t.regex(
    stdout,
    /^CACHE_FULL .*layer prune.*\nCACHE_UNUSABLE .*LAYER_HOME.*\nwhole [1-9]\nafter making room: published\n$/,
  );
});
