import { openStoreUpkeep, type SnapshotId, type SurveyedSnapshot } from '../../snapshots/index.ts';
import { LayerError } from '../../util/layer-error.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';
import { type ListedSnapshot, listed } from './list-snapshots.ts';

export interface VerifyOptions {
  readonly home: string;
  /** Ids or beginnings of ids; none: all. */
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
}

export interface DamagedFile {
  readonly snapshot: ListedSnapshot;
  readonly file: string;
  readonly why: string;
}

export interface SnapshotCheck {
  readonly checked: number;
  readonly damaged: readonly DamagedFile[];
}

/**
 * Reads every byte of the named snapshots, and of all that they depend on, and compares it with the manifests. Changes
 * nothing: a run drops what it finds damaged. Throws `USAGE` for an id that there is not, or that is not one's only.
 */
export async function verifySnapshots({ home, ids, signal }: VerifyOptions): Promise<SnapshotCheck> {
  using upkeep = await openStoreUpkeep({ home: makePrivateFolder(home) });
  const all = upkeep.survey();
  const byId = new Map(all.map((snapshot) => [snapshot.id, snapshot]));
  const wanted = ids.length === 0 ? all : withFoundations(all, new Set(ids.map((typed) => named(all, typed))));
  const damaged: DamagedFile[] = [];
  for (const snapshot of wanted) {
    signal.throwIfAborted();
    const gone = snapshot.dependsOn.filter((needed) => !byId.has(needed));
    for (const needed of gone)
      damaged.push({ snapshot: listed(snapshot), file: needed, why: 'is not there, but needed' });
    for (const { file, why } of await upkeep.damages(snapshot)) damaged.push({ snapshot: listed(snapshot), file, why });
  }
  return { checked: wanted.length, damaged };
}

function named(all: readonly SurveyedSnapshot[], typed: string): SnapshotId {
  const fitting = all.filter(({ id }) => id.startsWith(typed.toLowerCase()));
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) return only.id;
  const what = fitting.length === 0 ? 'There is no snapshot' : `${fitting.length} snapshots begin with`;
  throw new LayerError('USAGE', `${what} \`${typed}\``, { hint: '`layer snapshots` lists them.' });
}

/** In the order of `all`; what is depended on comes before what depends on it. */
function withFoundations(all: readonly SurveyedSnapshot[], ids: Set<SnapshotId>): readonly SurveyedSnapshot[] {
  for (const { id, dependsOn } of [...all].reverse()) {
    if (ids.has(id)) for (const needed of dependsOn) ids.add(needed);
  }
  return all.filter(({ id }) => ids.has(id));
}
