import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { SquashState } from '../../../runner/upkeep/squash-detacher.ts';
import { STATE_FILES } from '../../../vm/index.ts';

/** What a squash of a fake machine's state gives: its newest delta holds all of its memory anyway. */
export const fakeSquash: SquashState = async (state, folder) => {
  if (state.format !== 'private') throw new Error('fake machines have private memory');
  const path = (name: keyof typeof STATE_FILES): string => join(folder, STATE_FILES[name]);
  copyFileSync(state.memoryDeltas.at(-1) ?? state.memoryBase, path('memoryDelta'));
  copyFileSync(state.deviceState, path('deviceState'));
  writeFileSync(path('disk'), 'a fake disk, squashed\n');
  return Promise.resolve({
    ...state,
    memoryDeltas: [path('memoryDelta')],
    deviceState: path('deviceState'),
    disk: path('disk'),
  });
};
