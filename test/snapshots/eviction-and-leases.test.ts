import { existsSync } from 'node:fs';

import test from 'ava';
import fc from 'fast-check';

import { chooseEvictions, openStoreUpkeep, type Snapshot, type StoreUpkeep } from '../../snapshots/index.ts';
import { publish, QUICK_PLACE, scratchFolder } from './scratch.ts';

interface Held {
  readonly lease: Disposable;
  readonly snapshots: readonly Snapshot[];
}

type Action =
  | { readonly kind: 'publish' | 'lease' | 'release'; readonly which: number }
  | { readonly kind: 'evict'; readonly keepBytes: number }
  | { readonly kind: 'sweep' };

const actions = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('publish' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lease' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict' as const), keepBytes: fc.nat(60_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
  ),
  { minLength: 5, maxLength: 25 },
);

/** All that a snapshot needs, itself included. */
function needed(all: readonly Snapshot[], id: string): readonly Snapshot[] {
  const snapshot = all.find((each) => each.id === id);
  return snapshot === undefined ? [] : [snapshot, ...snapshot.dependsOn.flatMap((each) => needed(all, each))];
}

async function perform(action: Action, upkeep: StoreUpkeep, user: StoreUpkeep, held: Held[]): Promise<void> {
  const live = upkeep.store.list();
  switch (action.kind) {
    case 'publish': {
      const parent = live[action.which % (live.length + 1)];
      await publish(user.store, parent === undefined ? {} : { parent: parent.id, dependsOn: [parent.id] });
      break;
    }
    case 'lease': {
      const wanted = live[action.which % Math.max(1, live.length)];
      const lease = wanted === undefined ? null : user.store.lease([wanted.id]);
      if (wanted !== undefined && lease !== null) held.push({ lease, snapshots: needed(live, wanted.id) });
      break;
    }
    case 'release':
      for (const { lease } of held.splice(action.which % Math.max(1, held.length), 1)) lease[Symbol.dispose]();
      break;
    case 'evict':
      upkeep.store.remove(chooseEvictions(upkeep.survey(), action, Date.now() + 1e9));
      break;
    case 'sweep':
      upkeep.store.sweep();
  }
}

test('whatever is published, leased, evicted and swept in whatever order, nothing goes that is used or needed, and all else does', async (t) => {
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const home = scratchFolder(t, QUICK_PLACE);
      using upkeep = await openStoreUpkeep({ home });
      using user = await openStoreUpkeep({ home });
      const held: Held[] = [];
      for (const action of list) {
        await perform(action, upkeep, user, held);
        const live = upkeep.store.list();
        const used = held.flatMap(({ snapshots }) => snapshots);
        t.true(used.every(({ folder }) => existsSync(folder)));
        t.true(live.every(({ dependsOn }) => dependsOn.every((id) => live.some((each) => each.id === id))));
        if (action.kind === 'evict' && action.keepBytes === 0)
          t.true(live.every(({ id }) => used.some((each) => each.id === id)));
      }
      for (const { id } of upkeep.store.list()) t.deepEqual(await upkeep.store.verify(id), { ok: true });
      for (const { lease } of held) lease[Symbol.dispose]();
      upkeep.store.remove(chooseEvictions(upkeep.survey(), { keepBytes: 0 }, Date.now()));
      t.deepEqual(upkeep.store.list(), []);
    }),
    { numRuns: 25 },
  );
});
