import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { SquashState } from '../../../runner/upkeep/squash-detacher.ts';
import { STATE_FILES } from '../../../vm/index.ts';

/** What a squash of a fake machine's state gives, as a delta or as a base: its newest delta holds all of its memory anyway. */
export function fakeSquash(memory: 'memoryDelta' | 'memoryBase'): SquashState {
  return async (state, foundation, folder) => {
    if (state.format !== 'private' || foundation.format !== 'private') throw new Error('fakes have private memory');
    const path = (name: keyof typeof STATE_FILES): string => join(folder, STATE_FILES[name]);
    copyFileSync(state.memoryDeltas.at(-1) ?? state.memoryBase, path(memory));
    copyFileSync(state.deviceState, path('deviceState'));
    writeFileSync(path('disk'), 'a fake disk, squashed\n');
    const own = { deviceState: path('deviceState'), disk: path('disk') };
    return Promise.resolve(
      memory === 'memoryDelta'
        ? { ...state, memoryBase: foundation.memoryBase, memoryDeltas: [path(memory)], ...own }
        : { ...state, memoryBase: path(memory), memoryDeltas: [], ...own },
    );
  };
}
