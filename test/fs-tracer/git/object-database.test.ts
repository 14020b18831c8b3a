import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

import test from 'ava';
import fc from 'fast-check';

import { ObjectDatabase } from '../../../fs-tracer/git/object-database.ts';
import type { ObjectId, ObjectType } from '../../../fs-tracer/git/object-id.ts';
import { GitRepository } from '../../helpers/git-repository.ts';

interface Told {
  readonly id: ObjectId;
  readonly type: ObjectType;
  readonly bytes: Buffer;
}

/** Every object of a repository, as git tells it. */
function objectsOf(repository: GitRepository): readonly Told[] {
  const output = repository.gitBytes('cat-file', '--batch-all-objects', '--batch');
  const objects: Told[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [id = '', type = '', size = ''] = output.toString('latin1', at, end).split(' ');
    const bytes = output.subarray(end + 1, end + 1 + Number(size));
    objects.push({ id: id as ObjectId, type: type as ObjectType, bytes });
    at = end + 2 + bytes.length;
  }
  return objects;
}

function open(repository: GitRepository, idBytes = 20): ObjectDatabase {
  return new ObjectDatabase(repository.folder, join(repository.folder, '.git'), idBytes);
}

function blobId(repository: GitRepository, path: string, revision = 'HEAD'): ObjectId {
  return repository.git('rev-parse', `${revision}:${path}`) as ObjectId;
}

function objectFile({ folder }: GitRepository, id: ObjectId): string {
  return join(folder, '.git/objects', id.slice(0, 2), id.slice(2));
}

function packFile({ folder }: GitRepository, ending: string): string {
  const packs = join(folder, '.git/objects/pack');
  const [name = ''] = readdirSync(packs).filter((file) => file.endsWith(ending));
  return join(packs, name);
}

/** Writes over a file that git made read-only. */
function overwrite(path: string, bytes: Buffer): void {
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

/** A repository that git can do nothing with, so that what is read is read by us. */
function withoutGit(repository: GitRepository): void {
  writeFileSync(join(repository.folder, '.git/config'), '[core]\n\trepositoryformatversion = 99\n');
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
    fc.assert(
      fc.property(versions, fc.boolean(), (commits, byOffset) => {
        using repository = new GitRepository({}, `--object-format=${format}`);
        for (const [number, files] of commits.entries()) repository.commit({ ...files, number: String(number) });
        repository.git('tag', '-a', 'v1', '-m', 'tagged');
        const told = objectsOf(repository);
        const settings = ['-c', `repack.useDeltaBaseOffset=${byOffset}`];
        const config = readFileSync(join(repository.folder, '.git/config'));
        for (const packs of [false, true]) {
          if (packs) repository.git(...settings, 'repack', '-adfq', '--depth=50', '--window=50');
          withoutGit(repository);
          using database = open(repository, format === 'sha1' ? 20 : 32);
          for (const { id, type, bytes } of told) {
            t.is(database.sizeBytes(id), bytes.length, `${type} ${id}`);
            t.true(database.read(id, type).equals(bytes), `${type} ${id}`);
          }
          writeFileSync(join(repository.folder, '.git/config'), config);
        }
      }),
      { numRuns: 3 },
    );
  });
}

test('chains of deltas are read, by offset and by id', (t) => {
  using repository = new GitRepository();
  const text = (version: number): string =>
    Array.from({ length: 300 }, (_, line) => `${line} ${line < version ? version : 0}\n`).join('');
  for (let version = 0; version < 40; version++) repository.commit({ file: text(version) });
  const told = objectsOf(repository);
  const config = readFileSync(join(repository.folder, '.git/config'));
  for (const byOffset of [true, false]) {
    repository.git('-c', `repack.useDeltaBaseOffset=${byOffset}`, 'repack', '-adfq', '--depth=50', '--window=60');
    t.regex(repository.git('verify-pack', '-v', packFile(repository, '.idx')), /chain length = 8/);
    withoutGit(repository);
    using database = open(repository);
    for (const { id, type, bytes } of told) t.true(database.read(id, type).equals(bytes));
    writeFileSync(join(repository.folder, '.git/config'), config);
  }
});

test('what a fetch or git gc brings while the database is open is found, and what was there stays', (t) => {
  using repository = new GitRepository({ a: 'one' });
  repository.git('repack', '-adq');
  using database = open(repository);
  const first = blobId(repository, 'a');
  t.is(database.read(first, 'blob').toString(), 'one');
  repository.commit({ a: 'two' });
  const second = blobId(repository, 'a');
  t.is(database.read(second, 'blob').toString(), 'two');
  repository.commit({ a: 'three' });
  const third = blobId(repository, 'a');
  repository.git('repack', '-adq');
  withoutGit(repository);
  for (const [id, text] of [
    [third, 'three'],
    [second, 'two'],
    [first, 'one'],
  ] as const)
    t.is(database.read(id, 'blob').toString(), text);
});

test('objects of alternates are found, relative ones and those of alternates included', (t) => {
  using base = new GitRepository({ a: 'base' });
  using middle = new GitRepository({ b: 'middle' });
  using repository = new GitRepository({ c: 'own' });
  const alternates = ({ folder }: GitRepository): string => join(folder, '.git/objects/info/alternates');
  writeFileSync(alternates(middle), `${base.folder}/.git/objects\n`);
  writeFileSync(alternates(repository), `# comment\n../../../${middle.folder.split('/').at(-1) ?? ''}/.git/objects\n`);
  writeFileSync(alternates(base), `${repository.folder}/.git/objects\n`);
  withoutGit(repository);
  using database = open(repository);
  t.is(database.read(blobId(base, 'a'), 'blob').toString(), 'base');
  t.is(database.read(blobId(middle, 'b'), 'blob').toString(), 'middle');
});

test('an object that is not there is said to be missing', (t) => {
  using repository = new GitRepository({ a: 'one' });
  using database = open(repository);
  const error = t.throws(() => database.read('1'.repeat(40) as ObjectId, 'blob'), { code: 'WORKSPACE_UNREADABLE' });
  t.regex(error.message, /^Object 1{40} of .* cannot be read: it is not there$/);
  t.throws(() => database.sizeBytes('1'.repeat(40) as ObjectId), { code: 'WORKSPACE_UNREADABLE' });
});

test('an object of another type than was expected is refused', (t) => {
  using repository = new GitRepository({ a: 'one' });
  using database = open(repository);
  t.throws(() => database.read(blobId(repository, 'a'), 'tree'), { message: /it is a blob and should be a tree/ });
});

test('where our copy is damaged, git may have another', (t) => {
  using repository = new GitRepository({ a: 'x'.repeat(100) });
  using other = new GitRepository({ a: 'x'.repeat(100) });
  const id = blobId(repository, 'a');
  overwrite(objectFile(repository, id), Buffer.from('nonsense'));
  writeFileSync(join(repository.folder, '.git/objects/info/alternates'), `${other.folder}/.git/objects\n`);
  other.git('repack', '-adq');
  using database = open(repository);
  t.is(database.read(id, 'blob').length, 100);
});

const loose = (text: string, content = ''): Buffer => deflateSync(Buffer.from(`${text}\0${content}`));
for (const [what, bytes, why] of [
  ['nothing', Buffer.alloc(0), /header/],
  ['no zlib stream', Buffer.from('nonsense'), /inflated/],
  ['a stream that was cut off', loose('blob 100', 'x'.repeat(100)).subarray(0, 12), /inflated/],
  ['an unknown type', loose('blub 1', 'x'), /header/],
  ['no size', loose('blob', 'x'), /header/],
  ['fewer bytes than it says', loose('blob 5', 'x'), /has 8 bytes where 12 were said/],
  ['more bytes than it says', loose('blob 1', 'xxxxxxxx'), /inflated/],
  ['far fewer bytes than it says', loose('blob 900000000', 'x'), /claims/],
  ['other content', loose('blob 3', 'two'), /not what its id says/],
] as const) {
  test(`a loose object with ${what} is an error that says so`, (t) => {
    using repository = new GitRepository({ a: 'one' });
    const id = blobId(repository, 'a');
    overwrite(objectFile(repository, id), bytes);
    using database = open(repository);
    const error = t.throws(() => database.read(id, 'blob'), { code: 'WORKSPACE_UNREADABLE' });
    t.regex(error.message, why);
  });
}

/** A pack made by hand, of one entry, and its index. */
function plantPack(repository: GitRepository, entry: Buffer, id: string, offset = 12): void {
  const packs = join(repository.folder, '.git/objects/pack');
  mkdirSync(packs, { recursive: true });
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const sealed = (bytes: Buffer): Buffer => Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);
  const pack = sealed(Buffer.concat([Buffer.from('PACK'), number(2), number(1), entry]));
  const raw = Buffer.from(id, 'hex');
  const fanOut = Array.from({ length: 256 }, (_, byte) => number(byte >= (raw[0] ?? 0) ? 1 : 0));
  const head = Buffer.from('ff744f6300000002', 'hex');
  const index = sealed(Buffer.concat([head, ...fanOut, raw, number(0), number(offset), pack.subarray(-20)]));
  writeFileSync(join(packs, 'pack-1.pack'), pack);
  writeFileSync(join(packs, 'pack-1.idx'), index);
}

const ID = 'ab'.repeat(20);
for (const [what, entry, offset, why] of [
  ['of an unknown kind', Buffer.from([0x51, 0]), 12, /unknown kind/],
  ['whose head does not end', Buffer.alloc(100, 0xff), 12, /head|size|inflated|claims/],
  [
    'that is a delta of itself by id',
    Buffer.concat([Buffer.from([0x74]), Buffer.from(ID, 'hex'), deflateSync(Buffer.from([1, 1, 1, 65]))]),
    12,
    /does not end/,
  ],
  [
    'that is a broken delta of itself',
    Buffer.concat([Buffer.from([0x74]), Buffer.from(ID, 'hex'), Buffer.from('nonsense')]),
    12,
    /does not end/,
  ],
  [
    'that is a delta of what is not there',
    Buffer.concat([Buffer.from([0x71]), Buffer.alloc(20), deflateSync('x')]),
    12,
    /not in the pack/,
  ],
  ['whose base is before the pack', Buffer.concat([Buffer.from([0x61, 0x7f]), deflateSync('x')]), 12, /out of range/],
  [
    'that says it is larger than it is',
    Buffer.concat([Buffer.from([0xb1, 0x7f]), deflateSync('x')]),
    12,
    /has 1 bytes/,
  ],
  ['of an absurd size', Buffer.concat([Buffer.alloc(7, 0xbf), Buffer.from([0x7f]), deflateSync('x')]), 12, /claims/],
  ['that is no zlib stream', Buffer.from([0x31, 1, 2, 3, 4]), 12, /inflated/],
  ['behind the end of the pack', Buffer.from([0x31]), 999_999, /head/],
] as const) {
  test(`an entry of a pack ${what} is an error that says so`, (t) => {
    using repository = new GitRepository({ a: 'one' });
    plantPack(repository, entry, ID, offset);
    using database = open(repository);
    const error = t.throws(() => database.read(ID as ObjectId, 'blob'), { code: 'WORKSPACE_UNREADABLE' });
    t.regex(error.message, why);
  });
}

test('a bit that flips anywhere in a pack is never passed on', (t) => {
  using repository = new GitRepository();
  for (let version = 0; version < 4; version++)
    repository.commit({ file: Array.from({ length: 40 }, (_, line) => `${line * version}\n`).join('') });
  const told = objectsOf(repository);
  repository.git('repack', '-adfq');
  withoutGit(repository);
  const path = packFile(repository, '.pack');
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.integer({ min: 12, max: whole.length - 21 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      overwrite(path, flipped);
      using database = open(repository);
      for (const { id, type, bytes } of told) {
        try {
          t.true(database.read(id, type).equals(bytes));
        } catch (error) {
          t.is((error as { code?: string }).code, 'WORKSPACE_UNREADABLE');
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('an index that is cut off, unsorted or of another version is left to git', (t) => {
  for (const change of [
    (bytes: Buffer) => bytes.subarray(0, 100),
    (bytes: Buffer) => bytes.subarray(0, 1100),
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), Buffer.alloc(4, 0xff), bytes.subarray(12)]),
    (bytes: Buffer) => Buffer.concat([Buffer.from('ff744f6300000003', 'hex'), bytes.subarray(8)]),
  ]) {
    using repository = new GitRepository({ a: 'one' });
    const id = blobId(repository, 'a');
    repository.git('repack', '-adq');
    const path = packFile(repository, '.idx');
    overwrite(path, change(readFileSync(path)));
    using database = open(repository);
    t.throws(() => database.read(id, 'blob'), { code: 'WORKSPACE_UNREADABLE' }, 'git cannot read it either');
  }
});

test('an index of version 1 is read by git', (t) => {
  using repository = new GitRepository({ a: 'one' });
  const id = blobId(repository, 'a');
  repository.git('-c', 'pack.indexVersion=1', 'repack', '-adq');
  using database = open(repository);
  t.is(database.read(id, 'blob').toString(), 'one');
  t.is(database.sizeBytes(id), 3);
});

test('what a partial clone lacks is fetched by git', (t) => {
  using upstream = new GitRepository({ a: 'one' });
  upstream.git('config', 'uploadpack.allowFilter', 'true');
  upstream.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const id = blobId(upstream, 'a');
  using repository = new GitRepository();
  rmSync(repository.folder, { recursive: true });
  upstream.git('clone', '--quiet', '--no-checkout', '--filter=blob:none', upstream.url, repository.folder);
  t.false(objectsOf(repository).some((object) => object.id === id));
  using database = open(repository);
  t.is(database.read(id, 'blob').toString(), 'one');
});
