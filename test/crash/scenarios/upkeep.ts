import { pruneSnapshots } from '../../../runner/upkeep/prune-snapshots.ts';
import { runUpkeep } from '../../../runner/upkeep/run-upkeep.ts';
import { openSnapshotStore } from '../../../snapshots/index.ts';
import { qemuSquasher } from '../../../vm/index.ts';
import { expect, type Place, type Scenario } from '../scenario.ts';
import { expectMachines, LINEAGE, publishMachines, stateOf } from './machine-states.ts';

const { signal } = new AbortController();
const HOUR_MS = 3_600_000;

/** What upkeep does to machines: squashing writes through qemu-img as well. */
const squash: Scenario = {
  name: 'squash',
  prepare: publishMachines,
  run: ({ home }) =>
    runUpkeep({
      home,
      keepBytes: Number.MAX_SAFE_INTEGER,
      signal,
      squash: async (...request) => qemuSquasher.squash(...request),
      isHeavy: (state) => Promise.resolve(state.format === 'private' && state.memoryDeltas.length > 1),
    }),
  check: async (place) => {
    using store = openSnapshotStore({ home: place.home });
    const deltas = store.list().map((snapshot) => stateOf(snapshot).memoryDeltas.length);
    expect(deltas.join() === '0,1,1,1', `each stands on the first alone: ${deltas.join()}`);
    await expectMachines(place);
  },
};

const pack: Scenario = {
  name: 'pack',
  prepare: publishMachines,
  run: ({ home }) =>
    runUpkeep({ home, keepBytes: Number.MAX_SAFE_INTEGER, signal, now: () => Date.now() + 2 * HOUR_MS }),
  check: (place) => expectMachines(place),
};

/** A run that restores what is packed. */
const unpack: Scenario = {
  name: 'unpack',
  prepare: async (place) => {
    await publishMachines(place);
    await pack.run(place);
  },
  run: async ({ home }) => {
    using store = openSnapshotStore({ home });
    const last = store.list().at(-1);
    expect(last !== undefined, 'the last one is there');
    using lease = store.lease([last.id]);
    expect(lease !== null, 'it can be leased');
    const { ok } = await store.unpack(last.id);
    expect(ok, 'it is unpacked');
  },
  check: (place) => expectMachines(place),
};

const prune: Scenario = {
  name: 'prune',
  prepare: publishMachines,
  run: async ({ home }) => {
    const keepBytes = keptBytes(home);
    await pruneSnapshots({ home, keepBytes, all: false, images: false, dryRun: false, signal });
  },
  check: async (place: Place) => {
    using store = openSnapshotStore({ home: place.home });
    expect(store.list().length === 2, 'what is over the limit is gone');
    await expectMachines(place, LINEAGE.slice(0, 2));
  },
};

/** Of the first two. */
function keptBytes(home: string): number {
  using store = openSnapshotStore({ home });
  const [first, second] = store.list();
  return (first?.sizeBytes ?? 0) + (second?.sizeBytes ?? 0);
}

export const UPKEEP_SCENARIOS: readonly Scenario[] = [squash, pack, unpack, prune];
