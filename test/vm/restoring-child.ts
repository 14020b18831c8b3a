/** Restores the state named by its arguments, says so on stdout, and does nothing more: a test kills it. */
import { join } from 'node:path';

import { qemuMachines, STATE_FILES } from '../../vm/index.ts';
import { sharedBase } from '../helpers/shared-base.ts';

const base = await sharedBase();
const disk = join(process.argv[2] ?? '', STATE_FILES.disk);
const machine = await qemuMachines.restore({ config: base.config, keys: base.image.keys, disk, state: base.state });
await machine.run('true');
console.log('running');
setInterval(() => undefined, 1000);
