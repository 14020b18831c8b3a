import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import test from 'ava';

import { createMemoryDigestMemo, openDirectoryWorkspace, type WorkspacePath } from '../../fs-tracer/index.ts';
import { ObservationLog } from '../../fs-tracer/observation-log.ts';
import { identityOf, isRacilyClean } from '../../util/file-identity.ts';

const MIB = 1024 * 1024;
const SIZE = 6 * MIB + 5;
const FILES = ['whole', 'part', 'jumps', 'edited', 'undone', 'cut', 'gone', 'twice'] as const;

const root = mkdtempSync(join(tmpdir(), 'layer-large-'));
const bytes = randomBytes(SIZE);
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test.before(async () => {
  for (const name of FILES) writeFileSync(join(root, name), bytes);
  // A file that was touched a moment ago is hashed at once.
  const newest = statSync(join(root, FILES.at(-1) ?? ''));
  while (isRacilyClean(newest, Date.now())) await setTimeout(100);
});
test.after.always(() => rmSync(root, { recursive: true }));

const memo = createMemoryDigestMemo();

class Reader {
  readonly #path: WorkspacePath;
  readonly #workspace = openDirectoryWorkspace({ root, digestMemo: memo });
  readonly log = new ObservationLog(this.#workspace, []);

  constructor(name: (typeof FILES)[number]) {
    this.#path = name as WorkspacePath;
  }

  read(offset: number, length: number): Buffer | null {
    const found = this.#workspace.entry(this.#path) ?? undefined;
    this.log.record(this.#path, 'content', found);
    return this.#workspace.read(this.#path, offset, length, found);
  }

  /** The digests that a step would be stored with, and what was edited. */
  freeze(): { readonly digests: readonly string[]; readonly changed: readonly string[] } {
    const changed = this.log.changedSince();
    return { digests: this.log.takeNew().map((observation) => observation.digest), changed };
  }
}

test('a large file has the digest of its bytes, in whatever way it was read', (t) => {
  const reads: Readonly<Record<string, readonly number[]>> = {
    whole: [0, 1, 2, 3, 4, 5, 6],
    part: [0, 1],
    jumps: [3, 0, 5, 1, 1, 2, 0, 6],
  };
  for (const [name, mebibytes] of Object.entries(reads)) {
    const reader = new Reader(name as (typeof FILES)[number]);
    for (const at of mebibytes) t.true(reader.read(at * MIB, MIB)?.equals(bytes.subarray(at * MIB, (at + 1) * MIB)));
    t.is(memo.get(identityOf(statSync(join(root, name)))), undefined, 'it was hashed before it was served');
    t.deepEqual(reader.freeze(), { digests: [digest], changed: [] }, name);
    t.is(memo.get(identityOf(statSync(join(root, name)))), digest.slice('sha256:'.length), 'the digest is remembered');
  }
});

test('one that is edited after it was served is named, also where the edit was undone', (t) => {
  const edits: Readonly<Record<string, () => void>> = {
    edited: () => writeFileSync(join(root, 'edited'), randomBytes(SIZE)),
    undone: () => {
      writeFileSync(join(root, 'undone'), 'something else');
      writeFileSync(join(root, 'undone'), bytes);
    },
    cut: () => truncateSync(join(root, 'cut'), 3 * MIB),
    gone: () => rmSync(join(root, 'gone')),
  };
  for (const [name, edit] of Object.entries(edits)) {
    const reader = new Reader(name as (typeof FILES)[number]);
    reader.read(0, MIB);
    edit();
    reader.read(MIB, MIB);
    t.deepEqual(reader.freeze().changed, [name]);
  }
});

test('two lineages that read it at the same time both have its digest', (t) => {
  const workspace = openDirectoryWorkspace({ root, digestMemo: createMemoryDigestMemo() });
  const path = 'twice' as WorkspacePath;
  const logs = [new ObservationLog(workspace, []), new ObservationLog(workspace, [])];
  for (let offset = 0; offset < SIZE; offset += MIB) {
    for (const log of logs) {
      const found = workspace.entry(path) ?? undefined;
      log.record(path, 'content', found);
      workspace.read(path, offset, MIB, found);
    }
  }
  for (const log of logs) {
    t.deepEqual(log.changedSince(), []);
    t.deepEqual(log.takeNew(), [{ path, kind: 'content', digest }]);
  }
});
