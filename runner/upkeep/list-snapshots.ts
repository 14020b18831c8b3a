import { defaultBudgetBytes, openStoreUpkeep, type SurveyedSnapshot } from '../../snapshots/index.ts';
import { makePrivateFolder } from '../../util/layer-home.ts';

/** A snapshot as `layer snapshots` names it. */
export interface ListedSnapshot {
  readonly id: string;
  /** The text of its step's instruction. */
  readonly label: string;
  /** Whose it was when it was made; null where its manifest cannot be read. */
  readonly step: { readonly workspace: string; readonly layerfile: string; readonly number: string } | null;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  /** Of it, or of a snapshot that depends on it. */
  readonly usedAtMs: number;
  /** How often its step did not have to run, because it or one below it was restored; once a minute at most. */
  readonly hits: number;
  /** What a restore saves: how long it took to get here from the snapshot above. */
  readonly durationMs: number;
  readonly parent: string | null;
  readonly dependsOn: readonly string[];
  readonly isNewest: boolean;
  readonly isInUse: boolean;
  readonly isPacked: boolean;
  /** Whether it is the machine that a failing step left: `layer shell` opens it, nothing restores it. */
  readonly isFailed: boolean;
}

export interface SnapshotList {
  readonly snapshots: readonly ListedSnapshot[];
  readonly sizeBytes: number;
  /** How much they may take before upkeep removes some. */
  readonly keepBytes: number;
}

export interface ListOptions {
  readonly home: string;
  readonly keepBytes?: number | undefined;
}

/** All snapshots, in the order in which they were made. */
export async function listSnapshots({ home, keepBytes }: ListOptions): Promise<SnapshotList> {
  using upkeep = await openStoreUpkeep({ home: makePrivateFolder(home) });
  const snapshots = upkeep.survey().map(listed);
  const sizeBytes = snapshots.reduce((sum, snapshot) => sum + snapshot.sizeBytes, 0);
  return { snapshots, sizeBytes, keepBytes: keepBytes ?? defaultBudgetBytes(home, sizeBytes) };
}

export function listed(snapshot: SurveyedSnapshot): ListedSnapshot {
  const { id, label, history, sizeBytes, createdAtMs, usedAtMs, hits, durationMs, parent, dependsOn } = snapshot;
  const { isNewest, isInUse, isPacked, isFailed } = snapshot;
  const step =
    history === null ? null : { workspace: history.workspace, layerfile: history.layerfile, number: history.step };
  const figures = { sizeBytes, createdAtMs, usedAtMs, hits, durationMs };
  return { id, label, step, ...figures, parent, dependsOn, isNewest, isInUse, isPacked, isFailed };
}
