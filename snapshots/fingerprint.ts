import { hash } from 'node:crypto';

import type { Brand } from '../util/brand.ts';
import { sha256 } from '../util/sha256.ts';
import { type EncodedReadSet, encodeReadSet } from './read-set-codec.ts';
import type { SnapshotId } from './snapshot.ts';

/** Hex sha-256 of what is known before a step runs: its parent snapshot, instruction, environment, user, machine. */
export type WeakFingerprint = Brand<string, 'WeakFingerprint'>;

/** That of a failed state: no step has it, so no look-up comes to it. */
export const NO_KEY = '' as WeakFingerprint;

/** Hex sha-256 of a read set: every observed path with its kind and digest. */
export type StrongFingerprint = Brand<string, 'StrongFingerprint'>;

/** Named strings; their order does not matter. Values that are secret come as an HMAC. */
export type StepFields = Readonly<Record<string, string>>;

/** Hex sha-256 of one step's fields, to be computed once where many weak fingerprints are made from it. */
export type StepDigest = Brand<string, 'StepDigest'>;

/** Hex sha-256 of a text. A look-up may remember what it gave. */
export type HashText = (text: string) => string;

export function digestStep(fields: StepFields, hashText: HashText = sha256): StepDigest {
  const parts = Object.keys(fields)
    .sort()
    .flatMap((name) => [name, fields[name] ?? '']);
  return hashText(lengthPrefixed(parts)) as StepDigest;
}

/** `steps`: digests of the steps since `parent`, in order. */
export function weakFingerprint(
  parent: SnapshotId | null,
  steps: readonly StepDigest[],
  hashText: HashText = sha256,
): WeakFingerprint {
  return hashText(lengthPrefixed(['layer weak 1', parent ?? '', ...steps])) as WeakFingerprint;
}

/**
 * The sha-256 of the encoded read set, as the file `read-set` has it. Over the encoded path set as it is stored and the
 * joined digests, because hashing 50,000 entries one by one takes ten times as long.
 */
export function strongFingerprint(readSet: EncodedReadSet): StrongFingerprint {
  return hash('sha256', encodeReadSet(readSet.pathSet, readSet.digests)) as StrongFingerprint;
}

/** Lengths in front, so that no two lists of parts give one text (["ab", "c"] against ["a", "bc"]). */
function lengthPrefixed(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${part.length}:${part}`;
  return text;
}
