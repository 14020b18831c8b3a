import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import {
  createMemoryDigestMemo,
  digestObservation,
  LookMemory,
  type ObservationKind,
  openDirectoryWorkspace,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';

const KINDS: Readonly<Record<string, ObservationKind>> = {
  c: 'content',
  d: 'listing',
  s: 'stat',
  l: 'link',
  a: 'absent',
  e: 'exists',
};

/** A folder whose files can be made old enough for their looks to be relied on, and the memory of decisions about it. */
class Rig implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'layer-look-'));
  readonly root = join(this.folder, 'work');
  /** Entries that the last decision had to find out. */
  evaluated: string[] = [];
  /** Whether decisions ask for each entry by its name, and not for what changed in their set. */
  asksForEach = false;

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.root);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  git(...args: readonly string[]): void {
    execFileSync('git', args, { cwd: this.root, stdio: 'ignore' });
  }

  /** What the entries give, with what is remembered, and then without. Throws where they differ. */
  decide(entries: readonly string[], lookedAtMs = Date.now() + 10_000): readonly string[] {
    const remembered = this.#decideOnce(entries, lookedAtMs);
    const afresh = openDirectoryWorkspace({ root: this.root, digestMemo: createMemoryDigestMemo() });
    const expected = entries.map((entry) => digestOf(afresh, entry));
    if (remembered.join('\n') !== expected.join('\n'))
      throw new Error(`remembered\n${remembered.join('\n')}\ninstead of\n${expected.join('\n')}`);
    return remembered;
  }

  #decideOnce(entries: readonly string[], nowMs: number): readonly string[] {
    this.evaluated = [];
    // Looks are only relied on some seconds after a change: these tests do not wait.
    const looks = { folder: join(this.folder, 'looks'), name: 'memory.look' };
    using memory = new LookMemory({ ...looks, root: this.root, ahead: null, clock: () => nowMs });
    const workspace = openDirectoryWorkspace({ root: this.root, digestMemo: createMemoryDigestMemo(), memory });
    const key = entries.join('\0');
    const known = memory.recall(key, true);
    if (known !== null) return JSON.parse(known) as string[];
    const changes = this.asksForEach ? null : memory.changes(key, true);
    if (changes !== null) {
      const digests = [...changes.digests];
      for (const position of changes.changed) {
        const entry = changes.entries[position] ?? '';
        this.evaluated.push(entry);
        digests[position] = digestOf(workspace, entry);
      }
      memory.amend(key, true, { entries: changes.entries, digests }, JSON.stringify(digests));
      memory.save();
      return digests;
    }
    memory.look(entries, true);
    const digests = entries.map((entry) => {
      const digest = memory.known(entry);
      if (digest === undefined) this.evaluated.push(entry);
      return digest ?? digestOf(workspace, entry);
    });
    memory.remember(key, true, { entries, digests }, JSON.stringify(digests));
    memory.save();
    return digests;
  }

  get lookFile(): string {
    return join(this.folder, 'looks', 'memory.look');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function digestOf(workspace: ReturnType<typeof openDirectoryWorkspace>, entry: string): string {
  const kind = KINDS[entry.charAt(0)] ?? 'absent';
  return digestObservation(workspace, { kind, path: entry.slice(1) as WorkspacePath });
}

const FILES = { 'a.txt': '1', 'src/b.txt': '2', 'src/deep/c.txt': '3' };
const ENTRIES = ['ca.txt', 'd', 'csrc/b.txt', 'dsrc', 'csrc/deep/c.txt', 'asrc/none', 'agone/deeper'];

test('nothing is found out again where nothing changed', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES);
  t.deepEqual(rig.evaluated, ENTRIES);
  rig.decide(ENTRIES);
  t.deepEqual(rig.evaluated, []);
});

test('after an edit only what was edited is found out again, in another set of entries as well', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES);
  rig.write('src/b.txt', 'longer');
  rig.decide(ENTRIES);
  t.deepEqual(rig.evaluated, ['csrc/b.txt']);
  rig.decide([...ENTRIES, 'ssrc/b.txt']);
  t.deepEqual(rig.evaluated, ['ssrc/b.txt']);
});

test('what changed within a clock tick of the look is found out again', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES, Date.now());
  rig.decide(ENTRIES, Date.now());
  t.true(rig.evaluated.includes('ca.txt'));
  t.true(rig.evaluated.includes('d'));
});

test('a folder that is now a symlink to itself, moved, hides what is in it', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES);
  renameSync(join(rig.root, 'src'), join(rig.folder, 'moved'));
  symlinkSync('../moved', join(rig.root, 'src'));
  t.deepEqual(rig.decide(['csrc/b.txt', 'csrc/deep/c.txt']), ['absent', 'absent']);
});

test('a rule file that comes, changes or goes counts for all below it', (t) => {
  using rig = new Rig({ ...FILES, '.gitignore': '*.log\n', 'src/x.log': 'log', 'src/deep/y.log': 'log' });
  rig.git('init', '--quiet');
  const entries = [...ENTRIES, 'csrc/x.log', 'csrc/deep/y.log', 'dsrc/deep'];
  rig.decide(entries);
  for (const rules of ['!x.log\n', 'b.txt\n', '*\n']) {
    rig.write('src/.gitignore', rules);
    rig.decide(entries);
  }
  rmSync(join(rig.root, 'src/.gitignore'));
  rig.decide(entries);
  rig.write('.layerignore', 'a.txt\n');
  rig.decide(entries);
  appendFileSync(join(rig.root, '.git/info/exclude'), 'c.txt\n');
  t.is(rig.decide(entries)[4], 'absent');
});

test('git starting to track an ignored file shows it, and other changes of the index cost nothing', (t) => {
  using rig = new Rig({ ...FILES, '.gitignore': 'ignored\n', ignored: 'text' });
  rig.git('init', '--quiet');
  const entries = [...ENTRIES, 'cignored'];
  t.is(rig.decide(entries).at(-1), 'absent');
  rig.git('add', 'a.txt');
  rig.decide(entries);
  t.deepEqual(rig.evaluated, []);
  rig.git('add', '--force', 'ignored');
  t.regex(rig.decide(entries).at(-1) ?? '', /^sha256:/);
});

test('a folder that becomes a git repository is asked for its rules', (t) => {
  using rig = new Rig({ ...FILES, '.gitignore': 'a.txt\n' });
  t.regex(rig.decide(ENTRIES)[0] ?? '', /^sha256:/);
  rig.git('init', '--quiet');
  t.is(rig.decide(ENTRIES)[0], 'absent');
});

test('a look file that is damaged anywhere costs time only', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES);
  const whole = readFileSync(rig.lookFile);
  for (let at = 0; at < whole.length; at += 41) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x41;
    writeFileSync(rig.lookFile, damaged);
    rig.decide(ENTRIES);
    rig.decide([...ENTRIES].reverse());
  }
  for (let length = 0; length < whole.length; length += 211) {
    writeFileSync(rig.lookFile, whole.subarray(0, length));
    rig.decide(ENTRIES);
  }
  t.pass();
});

test('a hash of a text is remembered under the whole text, and forgotten when nobody asks for it', (t) => {
  using rig = new Rig(FILES);
  const hashed = (...texts: readonly string[]): readonly string[] => {
    using memory = new LookMemory({ folder: rig.folder, name: 'hashes', root: rig.root, ahead: null });
    const found = texts.map((text) => memory.sha256(text));
    memory.look(ENTRIES, false);
    memory.remember('a set', false, { entries: ENTRIES, digests: ENTRIES }, texts.join());
    memory.save();
    return found;
  };
  const wanted = ['one', 'two'].map((text) => hash('sha256', text));
  t.deepEqual(hashed('one', 'two'), wanted);
  t.deepEqual(hashed('one', 'two'), wanted);
  const kept = (): string => readFileSync(join(rig.folder, 'hashes'), 'latin1');
  t.true(kept().includes(`"sha256 two","note":"${wanted[1] ?? ''}"`));
  hashed('one');
  t.false(kept().includes('sha256 two'));
});

test('a memory of another workspace is not used', (t) => {
  using rig = new Rig(FILES);
  using other = new Rig({ ...FILES, 'a.txt': 'another' });
  rig.decide(ENTRIES);
  other.decide(ENTRIES);
  writeFileSync(other.lookFile, readFileSync(rig.lookFile));
  other.decide(ENTRIES);
  t.deepEqual(other.evaluated, ENTRIES);
});

test('a folder for look files that cannot be written fails nothing', (t) => {
  using rig = new Rig(FILES);
  writeFileSync(join(rig.folder, 'looks'), 'a file');
  rig.decide(ENTRIES);
  rig.decide(ENTRIES);
  t.deepEqual(rig.evaluated, ENTRIES);
});

test('no temporary file is left beside the look file', (t) => {
  using rig = new Rig(FILES);
  rig.decide(ENTRIES);
  t.deepEqual(readdirSync(dirname(rig.lookFile)), ['memory.look']);
});

/** Names that meet each other: files become folders, links and rules, and go. */
const NAMES = ['a', 'b', 'a/c', 'a/d', 'b/c', '.gitignore', 'a/.gitignore', '.layerignore', 'a/e/f'] as const;
const anyName = fc.constantFrom(...NAMES);
const anyEdit = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    name: anyName,
    text: fc.constantFrom('x', 'y', 'c\n', '!c\n', 'a\n'),
  }),
  fc.record({ do: fc.constant('remove' as const), name: anyName }),
  fc.record({ do: fc.constant('link' as const), name: anyName, to: anyName }),
  fc.record({ do: fc.constant('move' as const), name: anyName, to: anyName }),
  fc.record({ do: fc.constant('touch' as const), name: anyName }),
  fc.record({ do: fc.constant('chmod' as const), name: anyName }),
  fc.record({ do: fc.constant('track' as const), name: anyName }),
  fc.record({ do: fc.constant('commit' as const) }),
);
type Edit = typeof anyEdit extends fc.Arbitrary<infer Value> ? Value : never;

const EVERYTHING = ['', ...NAMES, 'a/e'].flatMap((path) => Object.keys(KINDS).map((letter) => letter + path));

test('whatever is edited, what is remembered is what would be found out', (t) => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.array(anyEdit, { maxLength: 4 }), { maxLength: 6 }),
      (asksForEach, rounds) => {
        using rig = new Rig({ a: '', b: '' });
        rig.asksForEach = asksForEach;
        rig.git('init', '--quiet');
        rig.decide(EVERYTHING);
        for (const edits of rounds) {
          for (const edit of edits) perform(t, rig, edit);
          rig.decide(EVERYTHING);
        }
      },
    ),
    { numRuns: 40 },
  );
  t.pass();
});

function perform(t: ExecutionContext, rig: Rig, edit: Edit): void {
  const at = (name: string): string => join(rig.root, name);
  const clear = (name: string): void => rmSync(at(name), { recursive: true, force: true });
  try {
    if (edit.do === 'write') rig.write(edit.name, edit.text);
    else if (edit.do === 'remove') clear(edit.name);
    else if (edit.do === 'link') {
      clear(edit.name);
      symlinkSync(edit.to, at(edit.name));
    } else if (edit.do === 'move') renameSync(at(edit.name), at(edit.to));
    else if (edit.do === 'touch') utimesSync(at(edit.name), 1, 1);
    else if (edit.do === 'chmod') chmodSync(at(edit.name), 0o755);
    else if (edit.do === 'track') rig.git('add', '--force', edit.name);
    else rig.git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--allow-empty', '-m', 'x');
  } catch (error) {
    // An edit that the file system or git refuses is none.
    t.truthy(error);
  }
}
