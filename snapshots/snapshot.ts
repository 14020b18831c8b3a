import { randomBytes } from 'node:crypto';

import type { Brand } from '../util/brand.ts';

/** 128 random bits as 32 lower-case hex digits: also the name of the snapshot's folder, final from the start. */
export type SnapshotId = Brand<string, 'SnapshotId'>;

/** What the owner of a snapshot's files wants to know again when it is restored. Opaque here. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Which step of which Layerfile of which workspace: the thread along which "what was it last time?" is answered. */
export interface HistoryKey {
  /** Any stable name of the workspace, for example its root. */
  readonly workspace: string;
  /** The Layerfile, relative to the workspace. */
  readonly layerfile: string;
  /** Counts from 1; SPLIT copies may use names such as `3#1`. */
  readonly step: string;
}

export interface Snapshot {
  readonly id: SnapshotId;
  /** The folder that holds its files. They are write-once: read them, map them privately, never change them. */
  readonly folder: string;
  /** The snapshot whose key this one's key continues; null at the start of a lineage. */
  readonly parent: SnapshotId | null;
  /** The snapshots whose files this one's files refer to. Often the parent, but not always (RUN REPEATABLE, squashes). */
  readonly dependsOn: readonly SnapshotId[];
  readonly label: string;
  readonly payload: JsonValue;
  /** What it took to get here from the parent: what a restore saves. */
  readonly durationMs: number;
  /** Bytes allocated on disk by its own files, holes not counted. */
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
}

const ID_FORM = /^[0-9a-f]{32}$/;

export function newSnapshotId(): SnapshotId {
  return randomBytes(16).toString('hex') as SnapshotId;
}

export function isSnapshotId(text: string): text is SnapshotId {
  return ID_FORM.test(text);
}
