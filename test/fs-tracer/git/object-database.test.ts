import { join } from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import { ObjectDatabase } from '../../../fs-tracer/git/object-database.ts';
import type { ObjectId, ObjectType } from '../../../fs-tracer/git/object-id.ts';
import { GitRepository } from '../../helpers/git-repository.ts';

interface Expected {
  readonly id: ObjectId;
  readonly type: ObjectType;
  readonly bytes: Buffer;
}

/** Every object of a repository, as git tells it. */
function objectsOf(repository: GitRepository): readonly Expected[] {
  const output = repository.gitBytes('cat-file', '--batch-all-objects', '--batch');
  const objects: Expected[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [id = '', type = '', size = ''] = output.toString('latin1', at, end).split(' ');
    const bytes = output.subarray(end + 1, end + 1 + Number(size));
    objects.push({ id: id as ObjectId, type: type as ObjectType, bytes });
    at = end + 2 + bytes.length;
  }
  return objects;
}

function openDatabase(repository: GitRepository, idBytes = 20): ObjectDatabase {
  return new ObjectDatabase(repository.folder, join(repository.folder, '.git'), idBytes);
}

/** Texts that are alike, so that git makes deltas of them, and bytes that are not. */
const content = fc.oneof(
  fc
    .array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 })
    .map((lines) => Buffer.from(lines.map((line) => `${line}: a line like others ${line % 7}\n`).join(''))),
  fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 60_000, max: 200_000 }).map((size) => Buffer.alloc(size, 'abcdefg')),
);
const versions = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f/g/h'), content), {
  minLength: 2,
  maxLength: 5,
});

for (const format of ['sha1', 'sha256']) {
  test(`every object of a ${format} repository is read as git reads it, loose and packed`, (t) => {
    const idBytes = format === 'sha1' ? 20 : 32;
    fc.assert(
      fc.property(versions, (commits) => {
        using repository = new GitRepository({}, `--object-format=${format}`);
        for (const [number, files] of commits.entries()) repository.commit({ ...files, number: String(number) });
        repository.git('tag', '-a', 'v1', '-m', 'tagged');
        const loose = readAll(repository, idBytes);
        repository.git('repack', '-adfq', '--depth=50', '--window=50');
        const packed = readAll(repository, idBytes);
        for (const [id, type, bytes, sizeBytes, expected] of [...loose, ...packed]) {
          t.is(sizeBytes, expected.length, `${type} ${id}`);
          t.true(bytes.equals(expected), `${type} ${id}`);
        }
      }),
      { numRuns: 6 },
    );
  });
}

/** What we read, and what git reads. */
function readAll(repository: GitRepository, idBytes: number): [ObjectId, ObjectType, Buffer, number, Buffer][] {
  using database = openDatabase(repository, idBytes);
  return objectsOf(repository).map(({ id, type, bytes }) => {
    return [id, type, database.read(id, type), database.sizeBytes(id), bytes];
  });
}
