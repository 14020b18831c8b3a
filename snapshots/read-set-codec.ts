import type {
  Observation,
  ObservationKind,
  ObservedPath,
  PathSet,
  ReadSet,
  WorkspacePath,
} from '../fs-tracer/index.ts';

/**
 * Path sets and digests as bytes, format 1 (it changes only with the index's and the manifest's version).
 *
 * A path set is latin1 text, entries separated by NUL, which no path contains: one letter for the kind, then the path.
 * Digests are utf-8 text separated by NUL, in the order of their path set. Both are empty for an empty set; an entry is
 * never empty, so one entry and none differ. One `split` decodes 50,000 entries in a few milliseconds, which is why
 * there is neither prefix sharing nor compression here.
 *
 * A read set in one piece (the file `read-set`) is the length of the encoded path set as a little-endian u32, the encoded
 * path set, and the encoded digests.
 */
const LETTERS: Readonly<Record<ObservationKind, string>> = {
  content: 'c',
  listing: 'd',
  stat: 's',
  link: 'l',
  absent: 'a',
  exists: 'e',
};

const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as ObservationKind]));

const SEPARATOR = '\0';

export function encodePathSet(paths: PathSet): Buffer {
  return Buffer.from(paths.map(encodeEntry).join(SEPARATOR), 'latin1');
}

/** Null where the bytes are not a path set. */
export function decodePathSet(bytes: Uint8Array): PathSet | null {
  const paths = splitPathSet(bytes).map(decodeEntry);
  return paths.every((observed) => observed !== null) ? paths : null;
}

/** A path set's entries, still encoded: what is looked up by them is not decoded one by one. */
export function splitPathSet(bytes: Uint8Array): string[] {
  return split(bytes, 'latin1');
}

export function encodeEntry({ path, kind }: ObservedPath): string {
  return LETTERS[kind] + path;
}

/** Null where the entry is of no known kind. */
export function decodeEntry(entry: string): ObservedPath | null {
  const kind = KINDS.get(entry.charAt(0));
  return kind === undefined ? null : { path: entry.slice(1) as WorkspacePath, kind };
}

export function encodeDigests(observations: ReadSet): Buffer {
  for (const { digest, path } of observations) {
    if (digest === '' || digest.includes(SEPARATOR)) throw new Error(`Internal error: unusable digest for ${path}`);
  }
  return joinDigests(observations.map(({ digest }) => digest));
}

/** What `encodeDigests` gives, for digests that are only compared: one that it would refuse equals no stored one. */
export function joinDigests(digests: readonly string[]): Buffer {
  return Buffer.from(digests.join(SEPARATOR), 'utf8');
}

/** Null where there are not as many digests as paths. */
export function decodeReadSet(paths: PathSet, digestBytes: Uint8Array): ReadSet | null {
  const digests = split(digestBytes, 'utf8');
  if (digests.length !== paths.length) return null;
  return paths.map((observed, position): Observation => ({ ...observed, digest: digests[position] ?? '' }));
}

function split(bytes: Uint8Array, encoding: BufferEncoding): string[] {
  if (bytes.byteLength === 0) return [];
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding).split(SEPARATOR);
}

export function encodeReadSet(pathSet: Uint8Array, digests: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(pathSet.byteLength);
  return Buffer.concat([length, pathSet, digests]);
}

export interface EncodedReadSet {
  readonly pathSet: Uint8Array;
  readonly digests: Uint8Array;
}

/** Null where the bytes end too early. */
export function splitReadSet(bytes: Buffer): EncodedReadSet | null {
  const end = bytes.length < 4 ? Infinity : 4 + bytes.readUInt32LE();
  return end > bytes.length ? null : { pathSet: bytes.subarray(4, end), digests: bytes.subarray(end) };
}
