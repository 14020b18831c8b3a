import type { ChangedSet, ObservedPath, ReadSet } from '../fs-tracer/index.ts';
import { IndexDamage } from './cache-errors.ts';
import { type StrongFingerprint, strongFingerprint } from './fingerprint.ts';
import type { StoredPathSet } from './lookup-rows.ts';
import { decodeEntry, encodeEntry, joinDigests, splitPathSet } from './read-set-codec.ts';
import type { LookupRequest } from './store.ts';

/** What path sets give in the workspace as it is now. Everything is computed once for each walk. */
export interface KeyEvaluator {
  readonly digest: (observed: ObservedPath) => string;
  readonly strong: (stored: StoredPathSet) => StrongFingerprint;
}

/** What the caller's digest function threw: it says nothing about the index. */
export class DigestFailure extends Error {
  override readonly name = 'DigestFailure';
}

type Workspace = Pick<LookupRequest, 'digest' | 'memory'>;

/**
 * Digests are remembered by the encoded entry of a path set. With 50,000 recorded paths, making a key and an object for each
 * would cost more than asking the file system about them. A path set in which nothing changed since the last decision is
 * not even read: its strong fingerprint is remembered by the set's sha-256.
 */
export function createKeyEvaluator(workspace: Workspace): KeyEvaluator {
  const { digest, memory } = workspace;
  const digests = new Map<string, string>();
  const strongs = new Map<number, StrongFingerprint>();
  const digestAnew = (entry: string): string =>
    digests.get(entry) ?? remembered(digests, entry, guarded(digest, observedIn(entry)));
  const digestEntry = (entry: string): string => {
    const known = digests.get(entry) ?? memory?.known(entry);
    return known === undefined ? digestAnew(entry) : remembered(digests, entry, known);
  };
  return {
    digest: (observed) => digestEntry(encodeEntry(observed)),
    strong: (stored) => {
      const known = strongs.get(stored.row) ?? memory?.recall(stored.sha256, true);
      if (known !== undefined && known !== null) return remembered(strongs, stored.row, known as StrongFingerprint);
      return remembered(strongs, stored.row, computeStrong(stored, { digestEntry, digestAnew }, memory));
    },
  };
}

interface Digesting {
  /** Remembered by the memory of looks, or taken. */
  readonly digestEntry: (entry: string) => string;
  readonly digestAnew: (entry: string) => string;
}

function computeStrong(
  { sha256, body }: StoredPathSet,
  { digestEntry, digestAnew }: Digesting,
  memory: LookupRequest['memory'],
): StrongFingerprint {
  const pathSet = body();
  const before = memory?.changes(sha256, true) ?? null;
  const entries = before?.entries ?? splitPathSet(pathSet);
  if (before === null) memory?.look(entries, true);
  const digests = before === null ? entries.map(digestEntry) : amended(before, digestAnew);
  const strong = strongFingerprint({ pathSet, digests: joinDigests(digests) });
  if (before === null) memory?.remember(sha256, true, { entries, digests }, strong);
  else memory?.amend(sha256, true, { entries, digests }, strong);
  return strong;
}

/** With 50,000 paths of which a few changed, asking for each by its name would take five times as long. */
function amended({ entries, digests, changed }: ChangedSet, digest: (entry: string) => string): readonly string[] {
  const now = [...digests];
  for (const position of changed) now[position] = digest(entries[position] ?? '');
  return now;
}

/** The observations of a read set that the workspace no longer gives. */
export function differencesFrom(readSet: ReadSet, evaluator: KeyEvaluator): ReadSet {
  return readSet.filter((observation) => evaluator.digest(observation) !== observation.digest);
}

function observedIn(entry: string): ObservedPath {
  const observed = decodeEntry(entry);
  if (observed === null) throw new IndexDamage('A path set that cannot be read');
  return observed;
}

function guarded(digest: (observed: ObservedPath) => string, observed: ObservedPath): string {
  try {
    return digest(observed);
  } catch (cause) {
    throw new DigestFailure(`Cannot digest ${observed.path}`, { cause });
  }
}

function remembered<Key, Value>(memo: Map<Key, Value>, key: Key, value: Value): Value {
  memo.set(key, value);
  return value;
}
