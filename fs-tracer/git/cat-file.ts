import { askGit } from '../../util/ask-git.ts';
import { Damage } from './damage.ts';
import type { ObjectHeader } from './loose-object.ts';
import type { GitObject, ObjectId, ObjectType } from './object-id.ts';

/*
 * git itself, for what our own reader does not find (objects that a partial clone has yet to fetch) or understand. It takes
 * about 5 ms to start. With --batch it answers `ID TYPE SIZE\n`, the content and `\n`, or `ID missing\n`.
 */

/** Throws what `askGit` throws, and {@link Damage} where git has no such object either. */
export function catHeader(repository: string, id: ObjectId): ObjectHeader {
  return parseAnswer(askGit(repository, ['cat-file', '--batch-check'], { input: `${id}\n` })).header;
}

/** As {@link catHeader}. */
export function catObject(repository: string, id: ObjectId): GitObject {
  const answer = askGit(repository, ['cat-file', '--batch'], { input: `${id}\n` });
  const { header, length } = parseAnswer(answer);
  return { type: header.type, bytes: answer.subarray(length, length + header.sizeBytes) };
}

/** Writes a blob to a file. */
export function catBlobTo(descriptor: number, repository: string, id: ObjectId): void {
  askGit(repository, ['cat-file', 'blob', id], { output: descriptor });
}

function parseAnswer(answer: Buffer): { readonly header: ObjectHeader; readonly length: number } {
  const [line = '', type, digits] =
    /^[0-9a-f]+ (commit|tree|blob|tag) (\d+)\n/.exec(answer.toString('latin1', 0, 128)) ?? [];
  if (line === '') throw new Damage('it is not there');
  return { header: { type: type as ObjectType, sizeBytes: Number(digits) }, length: line.length };
}
