import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { Damage } from './damage.ts';
import { INFLATE_START_BYTES, inflateExactly, inflateStart } from './inflate.ts';
import { type GitObject, type ObjectId, type ObjectType, TOO_BIG } from './object-id.ts';

/*
 * A loose object is a file of its own, `objects/AB/CDEF…` after the hex digits of its id (gitrepository-layout(5)): one zlib
 * stream of `TYPE SIZE\0` and the content, SIZE in decimal digits.
 */

export interface ObjectHeader {
  readonly type: ObjectType;
  /** Bytes of content. */
  readonly sizeBytes: number;
}

/** Null where there is no such file. Throws {@link Damage}. */
export function readLooseHeader(folder: string, id: ObjectId): ObjectHeader | null {
  return withFile(folder, id, (descriptor) => {
    return parseHeader(inflateStart(readBytes(descriptor, INFLATE_START_BYTES))).header;
  });
}

/** As {@link readLooseHeader}; an object of more than `limitBytes` is not read. */
export function readLooseObject(folder: string, id: ObjectId, limitBytes: number): GitObject | typeof TOO_BIG | null {
  return withFile(folder, id, (descriptor) => {
    const start = readBytes(descriptor, INFLATE_START_BYTES);
    const { header, length } = parseHeader(inflateStart(start));
    if (header.sizeBytes > limitBytes) return TOO_BIG;
    const deflated = start.length < INFLATE_START_BYTES ? start : readBytes(descriptor, fstatSync(descriptor).size);
    return { type: header.type, bytes: inflateExactly(deflated, length + header.sizeBytes).subarray(length) };
  });
}

function withFile<Result>(folder: string, id: ObjectId, use: (descriptor: number) => Result): Result | null {
  const descriptor = openIfThere(join(folder, id.slice(0, 2), id.slice(2)));
  if (descriptor === null) return null;
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Up to `length` bytes from the beginning of the file. */
function readBytes(descriptor: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(descriptor, bytes, filled, length - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function parseHeader(start: Buffer): { readonly header: ObjectHeader; readonly length: number } {
  const match = /^(commit|tree|blob|tag) (0|[1-9]\d{0,14})\0/.exec(start.toString('latin1', 0, 32));
  const [text = '', type, digits] = match ?? [];
  if (match === null) throw new Damage('its header cannot be read');
  return { header: { type: type as ObjectType, sizeBytes: Number(digits) }, length: text.length };
}
