import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isMissingFile } from './cache-errors.ts';
import { writeDurably } from './durable-file.ts';
import type { StrongFingerprint, WeakFingerprint } from './fingerprint.ts';
import { isSnapshotId, type HistoryKey, type JsonValue, type SnapshotId } from './snapshot.ts';

/**
 * `manifest.json` in a snapshot's folder, format 3: `{"format": 3, "checksum": HEX, "body": {...}}`, where the checksum is
 * the sha-256 of `3 ` and `JSON.stringify(body)`, and the body is a {@link Manifest}. It is written last, so a folder with
 * a manifest is complete. It holds all that the index knows of the snapshot, so a lost index can be rebuilt from the
 * manifests.
 *
 * Format 2 had no `failed`, format 1 neither that nor `packed` and `next`, and the checksums of both are of the body alone;
 * else they are read like a format 3.
 */
export const MANIFEST_FILE = 'manifest.json';

/** The read set beside it: see `encodeReadSet`. */
export const READ_SET_FILE = 'read-set';

const FORMAT = 3;
const READABLE_FORMATS: readonly unknown[] = [1, 2, FORMAT];

/** What a file is: its length, and its lower-case hex sha-256. */
export interface FileContent {
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ManifestFile extends FileContent {
  readonly name: string;
  /**
   * The same bytes as one zstd frame, in `NAME.zst` ({@link packedPath}): either file may be missing. Null where that was tried
   * and is not worth it.
   */
  readonly packed?: FileContent | null;
  /** What the file is about to become, or has just become (republish.ts): either is right. */
  readonly next?: FileContent;
}

/** What a snapshot is about to say of itself, or says since a moment ago: the index knows which (republish.ts). */
export interface NextState {
  readonly dependsOn: readonly SnapshotId[];
  readonly payload: JsonValue;
  readonly sizeBytes: number;
  /** Names of files that are not needed then. */
  readonly drops?: readonly string[];
}

export interface Manifest {
  readonly id: SnapshotId;
  readonly parent: SnapshotId | null;
  readonly dependsOn: readonly SnapshotId[];
  readonly weak: WeakFingerprint;
  /** How many steps the weak fingerprint covers. */
  readonly span: number;
  readonly strong: StrongFingerprint;
  /** A failed state: `weak` is {@link NO_KEY}. */
  readonly failed?: true;
  readonly label: string;
  readonly history: HistoryKey;
  readonly durationMs: number;
  readonly createdAtMs: number;
  readonly sizeBytes: number;
  readonly payload: JsonValue;
  /** Every file of the folder but this one. */
  readonly files: readonly ManifestFile[];
  readonly next?: NextState;
}

/** Where the packed form of the file at `path` is: one zstd frame, with zstd's own checksum of the content in it. */
export function packedPath(path: string): string {
  return `${path}.zst`;
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const checksum = checksumOf(FORMAT, manifest);
  await writeDurably(
    join(folder, MANIFEST_FILE),
    Buffer.from(`${JSON.stringify({ format: FORMAT, checksum, body: manifest })}\n`),
  );
}

export type ManifestReading =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'damaged'; readonly why: string };

/** Throws only what says nothing about the file itself, for example that too many files are open. */
export function readManifest(folder: string): ManifestReading {
  const text = readText(join(folder, MANIFEST_FILE));
  if (text === null) return { kind: 'damaged', why: 'is missing' };
  const outer = parse(text);
  if (outer === null) return { kind: 'damaged', why: 'is not JSON' };
  if (!READABLE_FORMATS.includes(outer.format)) return { kind: 'damaged', why: 'has another format' };
  if (outer.checksum !== checksumOf(outer.format, outer.body ?? null)) {
    return { kind: 'damaged', why: 'does not match its checksum' };
  }
  const manifest = outer.body as Manifest;
  return isSnapshotId(manifest.id) ? { kind: 'manifest', manifest } : { kind: 'damaged', why: 'names no snapshot' };
}

/** Since format 3 the number is in it: one that a flipped bit makes of another would be read. */
function checksumOf(format: unknown, body: unknown): string {
  const text = JSON.stringify(body);
  return hash('sha256', format === FORMAT ? `${FORMAT} ${text}` : text);
}

interface OuterManifest {
  readonly format?: unknown;
  readonly checksum?: unknown;
  readonly body?: unknown;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

function parse(text: string): OuterManifest | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}
