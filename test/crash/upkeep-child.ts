/**
 * `upkeep-child.ts HOME KEEP_BYTES AHEAD_MS`: upkeep as it would be done that much later, which finds more to do than usual: each
 * state of more than one delta is squashed, each file that was not used for an hour is packed, and what is over KEEP_BYTES goes.
 * Says `begun` on stdout when it begins.
 */
import { runUpkeep } from '../../runner/upkeep/run-upkeep.ts';
import { qemuSquasher } from '../../vm/index.ts';

const [home = '', keepBytes = '', aheadMs = '0'] = process.argv.slice(2);
console.log('begun');
const result = await runUpkeep({
  home,
  keepBytes: Number(keepBytes),
  signal: new AbortController().signal,
  squash: async (...request) => qemuSquasher.squash(...request),
  isHeavy: (state) => Promise.resolve(state.format === 'private' && state.memoryDeltas.length > 1),
  now: () => Date.now() + Number(aheadMs),
});
console.log(JSON.stringify(result));
