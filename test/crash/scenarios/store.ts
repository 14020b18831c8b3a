import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openSnapshotStore, type SnapshotId, type SnapshotStore } from '../../../snapshots/index.ts';
import { LayerError } from '../../../util/layer-error.ts';
import { chain, observation, publication } from '../../snapshots/scratch.ts';
import { expect, type Place, type Scenario } from '../scenario.ts';

/** About what a small step leaves: some of it more than SQLite or a pipe takes at once. */
const FILES: Readonly<Record<string, number>> = {
  'memory.delta': 1_500_000,
  'device.state': 20_000,
  'disk.qcow2': 300_000,
};
const LINEAGE = ['FROM a', 'RUN b', 'RUN c'];

const digest = ({ path }: { readonly path: string }): string => `digest of ${path}`;

function open({ home }: Place): SnapshotStore {
  return openSnapshotStore({ home });
}

/** Publishes `label` as the `number`-th step after `parent`, as a session does. */
async function publishStep(
  store: SnapshotStore,
  label: string,
  number: number,
  parent: SnapshotId | null,
): Promise<SnapshotId> {
  const pending = store.begin();
  try {
    writeState(pending.folder, number);
    const path = `file${number}`;
    const published = await store.publish(
      pending,
      publication({
        parent,
        dependsOn: parent === null ? [] : [parent],
        label,
        observations: [observation(`content ${path}`, `digest of ${path}`)],
        history: { workspace: '/w', layerfile: 'Layerfile', step: String(number) },
      }),
    );
    return published.id;
  } catch (error) {
    store.discard(pending);
    throw error;
  }
}

/** The machine's part of a snapshot: where it fails, that is the machine's error. */
function writeState(folder: string, number: number): void {
  try {
    for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), Buffer.alloc(bytes, number));
  } catch (cause) {
    throw new LayerError('MACHINE_SAVE', 'The state could not be written', { cause });
  }
}

async function publishLineage(place: Place, labels: readonly string[] = LINEAGE): Promise<readonly SnapshotId[]> {
  using store = open(place);
  const ids: SnapshotId[] = [];
  for (const [index, label] of labels.entries())
    ids.push(await publishStep(store, label, index + 1, ids.at(-1) ?? null));
  return ids;
}

function restoredSteps(store: SnapshotStore, labels: readonly string[]): number {
  return store.findDeepest({ steps: chain(...labels), digest }).hit?.restoredSteps ?? 0;
}

function expectRestored(place: Place, labels: readonly string[]): Promise<void> {
  using store = open(place);
  const found = restoredSteps(store, labels);
  expect(found === labels.length, `all ${labels.length} steps are found, not ${found}`);
  return Promise.resolve();
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

/** The first use of a home. */
const create: Scenario = {
  name: 'create',
  prepare: nothing,
  run: (place) => {
    using _store = open(place);
    return Promise.resolve();
  },
  check: async (place) => {
    await publishLineage(place);
    await expectRestored(place, LINEAGE);
  },
};

const publish: Scenario = {
  name: 'publish',
  prepare: (place) => publishLineage(place),
  run: async (place) => {
    using store = open(place);
    const { hit } = store.findDeepest({ steps: chain(...LINEAGE), digest });
    expect(hit?.restoredSteps === LINEAGE.length, 'the lineage is still there');
    await publishStep(store, 'RUN d', 4, hit.snapshot.id);
    store.noteUnpublishable({
      ...publication({ parent: hit.snapshot.id, label: 'RUN e' }),
      paths: ['x'],
    });
  },
  check: (place) => expectRestored(place, [...LINEAGE, 'RUN d']),
};

/** A step that failed: its folder goes again. */
const discard: Scenario = {
  name: 'discard',
  prepare: (place) => publishLineage(place),
  run: (place) => {
    using store = open(place);
    const pending = store.begin();
    try {
      writeState(pending.folder, 9);
    } finally {
      store.discard(pending);
    }
    return Promise.resolve();
  },
  check: (place) => expectRestored(place, LINEAGE),
};

/** What a restore does to the store. */
const lease: Scenario = {
  name: 'lease',
  prepare: (place) => publishLineage(place),
  run: async (place) => {
    using store = openSnapshotStore({ home: place.home, now: () => Date.now() + 3_600_000 });
    const { hit } = store.findDeepest({ steps: chain(...LINEAGE), digest });
    expect(hit?.restoredSteps === LINEAGE.length, 'the lineage is still there');
    {
      using held = store.lease([hit.snapshot.id]);
      expect(held !== null, 'it can be leased');
      const checked = await store.verify(hit.snapshot.id);
      expect(checked.ok, 'it is whole');
      store.touch([hit.snapshot.id]);
    }
  },
  check: (place) => {
    using store = open(place);
    const ids = store.list().map(({ id }) => id);
    expect(store.remove(ids).kept.length === 0, 'no lease of a dead process keeps anything');
    return Promise.resolve();
  },
};

const evict: Scenario = {
  name: 'evict',
  prepare: async (place) => {
    await publishLineage(place);
    await publishLineage(place, ['FROM x', 'RUN y']);
  },
  run: (place) => {
    using store = open(place);
    store.remove(
      store
        .list()
        .map(({ id }) => id)
        .slice(LINEAGE.length),
    );
    store.sweep();
    return Promise.resolve();
  },
  check: async (place) => {
    using store = open(place);
    expect(store.list().length === LINEAGE.length, 'what was to stay stays, and the rest is gone');
    await expectRestored(place, LINEAGE);
  },
};

const forget: Scenario = {
  name: 'forget',
  prepare: (place) => publishLineage(place),
  run: (place) => {
    using store = open(place);
    const [, second] = store.list();
    if (second !== undefined) store.forget(second.id);
    return Promise.resolve();
  },
  check: async (place) => {
    using store = open(place);
    expect(store.list().length === 1, 'what depends on a damaged snapshot is gone with it');
    await expectRestored(place, LINEAGE.slice(0, 1));
  },
};

const FAILING = { workspace: '/w', layerfile: 'Layerfile', step: '4' };

/** What a failing step leaves, in the place of what it left before; then the step succeeds. */
const failedState: Scenario = {
  name: 'failed-state',
  prepare: async (place) => {
    const [, , last] = await publishLineage(place);
    using store = open(place);
    if (last !== undefined) await publishFailure(store, last);
  },
  run: async (place) => {
    using store = open(place);
    const { hit } = store.findDeepest({ steps: chain(...LINEAGE), digest });
    expect(hit?.restoredSteps === LINEAGE.length, 'the lineage is still there');
    expect(store.failedState(FAILING) !== null, 'there is always one of them');
    await publishFailure(store, hit.snapshot.id);
    store.sweep();
  },
  check: async (place) => {
    using store = open(place);
    expect(store.list().length === LINEAGE.length + 1, 'of a step there is one failed state');
    expect(restoredSteps(store, [...LINEAGE, 'RUN d']) === LINEAGE.length, 'and no look-up finds it');
    store.dropFailedState(FAILING);
    expect(store.list().length === LINEAGE.length, 'it goes when the step succeeds');
    await expectRestored(place, LINEAGE);
  },
};

async function publishFailure(store: SnapshotStore, parent: SnapshotId): Promise<void> {
  const pending = store.begin();
  try {
    writeState(pending.folder, 4);
    const [label, dependsOn] = ['RUN d', [parent]];
    await store.publish(pending, publication({ parent, dependsOn, label, history: FAILING, failed: true }));
  } catch (error) {
    store.discard(pending);
    throw error;
  }
}

/** After many kinds of crash. */
const sweep: Scenario = {
  name: 'sweep',
  prepare: async (place) => {
    const [, , last] = await publishLineage(place);
    using store = open(place);
    for (const number of [7, 8]) writeState(store.begin().folder, number);
    if (last !== undefined) store.remove([last]);
    const left = join(place.home, 'snapshots', last ?? '');
    mkdirSync(left);
    writeState(left, 3);
  },
  run: (place) => {
    using store = open(place);
    store.sweep();
    return Promise.resolve();
  },
  check: (place) => expectRestored(place, LINEAGE.slice(0, 2)),
};

/** The index is no database any more. */
const rebuild: Scenario = {
  name: 'rebuild',
  prepare: async (place) => {
    await publishLineage(place);
    writeFileSync(join(place.home, 'index.sqlite'), 'nonsense'.repeat(2000));
  },
  run: (place) => {
    using store = open(place);
    store.sweep();
    return Promise.resolve();
  },
  check: (place) => expectRestored(place, LINEAGE),
};

export const STORE_SCENARIOS: readonly Scenario[] = [
  create,
  publish,
  discard,
  lease,
  evict,
  forget,
  failedState,
  sweep,
  rebuild,
];
