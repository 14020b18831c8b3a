import test from 'ava';

import {
  createTracer,
  type Observation,
  type ReadSet,
  type Tracer,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { encodeRequest, FuseClient, parseDirectory, readBody } from '../helpers/fuse-client.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

const RUN_STARTED_AT_MS = 1_700_000_000_000;

interface Rig {
  readonly tracer: Tracer;
  readonly client: FuseClient;
}

function path(text: string): WorkspacePath {
  return text as WorkspacePath;
}

/** A tracer with one view of the whole workspace, and a client. */
function trace(
  workspace: MemoryWorkspace,
  state?: Buffer,
  inherited: ReadSet = [],
  runStartedAtMs = RUN_STARTED_AT_MS,
): Rig {
  const tracer = createTracer({ workspace, runStartedAtMs, state, inherited });
  if (state === undefined) tracer.addView([{ at: '', source: path('') }]);
  return { tracer, client: new FuseClient(tracer) };
}

function shown(observations: ReadSet): readonly string[] {
  return observations.map(({ kind, path: observed }) => `${kind} ${observed}`);
}

function freeze(tracer: Tracer): readonly string[] {
  return shown(tracer.freezeStep().newObservations);
}

test('reading a file observes its content and gives its bytes', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ 'src/main.c': 'int main;' }));
  const file = await client.walk('0/src/main.c');
  t.is(await client.read(file.nodeId), 'int main;');
  t.is(await client.read(file.nodeId, 4, 3), 'mai');
  t.is(await client.read(file.nodeId, 100), '');
  const frozen = tracer.freezeStep();
  t.deepEqual(shown(frozen.newObservations), ['exists src', 'content src/main.c']);
  t.deepEqual(frozen.counts, { content: 1, listing: 0, stat: 0, link: 0, absent: 0, exists: 1 });
  t.deepEqual(frozen.changedDuringRun, []);
  t.is(frozen.trouble, null);
});

test('a stat observes type, exec bit and size, and reading afterwards adds nothing to them', async (t) => {
  const { tracer, client } = trace(new MemoryWorkspace().write('tool', 'text', true));
  const file = await client.walk('0/tool');
  t.is(file.attributesValidSeconds, 0);
  t.is((await client.getAttributes(file.nodeId)).mode, 0o100775);
  const [stat] = tracer.freezeStep().newObservations;
  t.deepEqual(stat, { path: path('tool'), kind: 'stat', digest: 'file+x 4' });
  await client.read(file.nodeId);
  t.deepEqual(freeze(tracer), ['content tool']);
  await client.getAttributes(file.nodeId);
  t.deepEqual(freeze(tracer), []);
});

test('a look-up and a listing do not tell the exec bit, which overlayfs would keep and refuse by', async (t) => {
  const { client } = trace(MemoryWorkspace.of({ 'bin/plain': 'text' }));
  const folder = await client.walk('0/bin');
  const page = await client.request(44, folder.nodeId, readBody(0, 4096));
  const listed = parseDirectory(page.body, true).find(({ name }) => name === 'plain');
  const found = await client.lookUp(folder.nodeId, 'plain');
  t.deepEqual([found.attributes.mode, found.attributesValidSeconds], [0o100775, 0]);
  t.is(listed?.entry?.attributes.mode, 0o100775);
  t.is((await client.getAttributes(found.nodeId)).mode, 0o100664);
});

test('a look-up does not tell that a file is empty, which overlayfs would keep as the place where copying ends', async (t) => {
  const { client } = trace(MemoryWorkspace.of({ empty: '' }));
  const found = await client.walk('0/empty');
  t.is(found.attributes.sizeBytes, 1);
  t.is((await client.getAttributes(found.nodeId)).sizeBytes, 0);
});

test('an absent name is observed and may be remembered by the guest', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ a: '' }));
  const entry = await client.walk('0/missing');
  t.is(entry.nodeId, 0);
  t.true(entry.entryValidSeconds > 3600);
  t.deepEqual(tracer.freezeStep().newObservations, [{ path: path('missing'), kind: 'absent', digest: 'absent' }]);
});

test('listing a folder observes its names and types only, and implies what they are', async (t) => {
  const workspace = MemoryWorkspace.of({ a: 'text', 'b/c': '' }).makeLink('l', 'a').makeSpecial('p');
  const { tracer, client } = trace(workspace);
  const root = await client.walk('0');
  t.deepEqual(await client.list(root.nodeId), ['.:4', '..:4', 'a:8', 'b:4', 'l:10', 'p:12']);
  await client.walk('0/a');
  await client.walk('0/nothing');
  t.deepEqual(freeze(tracer), ['listing ']);
});

test('attributes in READDIRPLUS are not valid for files, so that a stat still asks', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ a: 'text', 'b/c': '' }));
  const root = await client.walk('0');
  const reply = await client.request(44, root.nodeId, readBody(0, 4096));
  const entries = parseDirectory(reply.body, true);
  t.deepEqual(
    entries.map(({ name, entry }) => [name, (entry?.nodeId ?? 0) > 0, (entry?.attributesValidSeconds ?? 0) > 0]),
    [
      ['.', false, false],
      ['..', false, false],
      ['a', true, false],
      ['b', true, true],
    ],
  );
  const file = entries[2]!;
  t.is(file.inode, file.entry!.attributes.inode);
  t.is((await client.walk('0/a')).nodeId, file.entry!.nodeId);
  await client.getAttributes(file.entry!.nodeId);
  t.deepEqual(freeze(tracer), ['listing ', 'stat a']);
});

test('whether a file is executable is told to nobody who did not ask', async (t) => {
  const { tracer, client } = trace(new MemoryWorkspace().write('text', '').write('tool', '', true));
  const listed = parseDirectory(
    (await client.request(44, (await client.walk('0')).nodeId, readBody(0, 4096))).body,
    true,
  );
  const [text, tool] = [await client.walk('0/text'), await client.walk('0/tool')];
  const modes = [text, tool, ...listed.slice(2).map(({ entry }) => entry!)].map(({ attributes }) => attributes.mode);
  t.deepEqual(modes, [0o100775, 0o100775, 0o100775, 0o100775]);
  t.deepEqual(freeze(tracer), ['listing ']);
  t.is((await client.getAttributes(text.nodeId)).mode, 0o100664);
  t.deepEqual(freeze(tracer), ['stat text']);
});

test('the stat of an empty file is observed, as it sends no read', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ empty: '' }));
  await client.getAttributes((await client.walk('0/empty')).nodeId);
  t.deepEqual(tracer.freezeStep().newObservations, [{ path: path('empty'), kind: 'stat', digest: 'file 0' }]);
});

test('a symlink observes its immediate target, by reading it or by asking its size', async (t) => {
  const workspace = new MemoryWorkspace().makeLink('a', '../out side\n').makeLink('b', 'x');
  const { tracer, client } = trace(workspace);
  t.is(await client.readLink((await client.walk('0/a')).nodeId), '../out side\n');
  await client.getAttributes((await client.walk('0/b')).nodeId);
  t.deepEqual(tracer.freezeStep().newObservations, [
    { path: path('a'), kind: 'link', digest: 'link:../out%20side%0A' },
    { path: path('b'), kind: 'link', digest: 'link:x' },
  ] as Observation[]);
});

test('a special file is shown as a socket, which the guest cannot open', async (t) => {
  const { client } = trace(new MemoryWorkspace().makeSpecial('pipe'));
  const entry = await client.walk('0/pipe');
  t.is(entry.attributes.mode, 0o140000);
  t.is((await client.request(15, entry.nodeId, readBody(0, 10))).errno, 22);
});

test('a long listing pages without losing or repeating a name', async (t) => {
  const names = Array.from({ length: 1000 }, (_, index) => `file-${String(index).padStart(4, '0')}`);
  const { client } = trace(MemoryWorkspace.of(Object.fromEntries(names.map((name) => [name, '']))));
  const root = await client.walk('0');
  for (const opcode of [28, 44] as const) {
    const listed = await client.list(root.nodeId, opcode, 700);
    t.deepEqual(listed, ['.:4', '..:4', ...names.map((name) => `${name}:8`)]);
  }
});

test('a listing goes on where it was after a restore between two pages', async (t) => {
  const workspace = MemoryWorkspace.of({ a: '', b: '', c: '' });
  const before = trace(workspace);
  const root = await before.client.walk('0');
  await before.client.request(28, root.nodeId, readBody(0, 64));
  const { newObservations } = before.tracer.freezeStep();
  const after = trace(workspace, before.tracer.state(), newObservations);
  const rest = await after.client.request(28, root.nodeId, readBody(3, 4096));
  t.deepEqual(
    parseDirectory(rest.body, false).map(({ name }) => name),
    ['b', 'c'],
  );
  t.deepEqual(freeze(after.tracer), []);
});

test('node ids, inode numbers and modification times survive a restore', async (t) => {
  const workspace = MemoryWorkspace.of({ 'src/main.c': 'one' });
  const before = trace(workspace);
  const seen = await before.client.walk('0/src/main.c');
  const { newObservations } = before.tracer.freezeStep();
  const after = trace(workspace, before.tracer.state(), newObservations, RUN_STARTED_AT_MS + 60_000);
  t.is(await after.client.read(seen.nodeId), 'one');
  t.deepEqual(await after.client.walk('0/src/main.c'), seen);
  workspace.write('new', '');
  const fresh = await after.client.walk('0/new');
  t.is(fresh.attributes.modifiedSeconds, RUN_STARTED_AT_MS / 1000 + 60);
  t.is(seen.attributes.modifiedSeconds, RUN_STARTED_AT_MS / 1000);
});

test('a damaged state is refused by name', (t) => {
  const { tracer } = trace(MemoryWorkspace.of({ a: '' }));
  const state = tracer.state();
  for (const damaged of [Buffer.alloc(0), state.subarray(0, -1), Buffer.concat([state, state]), Buffer.alloc(500, 7)]) {
    t.throws(() => trace(new MemoryWorkspace(), damaged), { code: 'SNAPSHOT_DAMAGED' });
  }
});

test('a path that turns from file to folder gets a new node and the old one is stale', async (t) => {
  const workspace = MemoryWorkspace.of({ thing: 'text' });
  const { client } = trace(workspace);
  const file = await client.walk('0/thing');
  workspace.remove('thing').makeFolder('thing');
  const folder = await client.walk('0/thing');
  t.not(folder.nodeId, file.nodeId);
  t.is((await client.request(3, file.nodeId, Buffer.alloc(16))).errno, 116);
  t.is((await client.request(15, file.nodeId, readBody(0, 10))).errno, 116);
});

test('an edit of an observed file during the run is named, even when it is undone', async (t) => {
  const workspace = MemoryWorkspace.of({ a: 'one', b: 'one' });
  const { tracer, client } = trace(workspace);
  await client.read((await client.walk('0/a')).nodeId);
  workspace.write('a', 'two').write('a', 'one');
  workspace.write('b', 'nobody looked');
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('a')]);
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('a')]);
});

test('a listing or an absent name changed during the run only if its answer changed', async (t) => {
  const workspace = MemoryWorkspace.of({ 'd/a': 'one', 'e/a': '' });
  const { tracer, client } = trace(workspace);
  await client.list((await client.walk('0/d')).nodeId);
  await client.walk('0/later');
  workspace.write('d/a', 'two').touch('d');
  t.deepEqual(tracer.freezeStep().changedDuringRun, []);
  workspace.write('d/b', '').write('later', '');
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('d'), path('later')]);
});

test('a listing or an absent name whose answer changed is named, even when that is undone', async (t) => {
  const workspace = MemoryWorkspace.of({ 'd/a': '', 'e/a': '', 'f/a': '' });
  const { tracer, client } = trace(workspace);
  const look = async (): Promise<void> => {
    await client.list((await client.walk('0/d')).nodeId);
    await client.walk('0/e/later');
    await client.list((await client.walk('0/f')).nodeId);
    await client.walk('0/f/later');
  };
  await look();
  workspace.write('d/b', '').write('e/later', '').write('f/later', '');
  await client.list((await client.walk('0/d')).nodeId);
  await client.walk('0/e/later');
  await client.walk('0/f/later');
  workspace.remove('d/b').remove('e/later').remove('f/later');
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('d'), path('e/later'), path('f')]);
});

test('an edit that leaves the identity as it is, within one tick of a clock, is named', async (t) => {
  const workspace = new FrozenClockWorkspace().write('read', 'one').write('asked', 'one').write('same', 'one');
  const { tracer, client } = trace(workspace);
  await client.read((await client.walk('0/read')).nodeId);
  await client.getAttributes((await client.walk('0/asked')).nodeId);
  await client.read((await client.walk('0/same')).nodeId);
  workspace.write('read', 'two').write('asked', 'one', true).write('same', 'one');
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('asked'), path('read')]);
});

/** A file system whose clock has not ticked since everything in it was written. */
class FrozenClockWorkspace extends MemoryWorkspace {
  override identity(asked: WorkspacePath): string {
    return this.entry(asked) === null ? '' : 'just written';
  }

  isUnsettled(): boolean {
    return true;
  }
}

test('an inherited observation that no longer holds when the run begins is named', (t) => {
  const workspace = MemoryWorkspace.of({ a: 'one' });
  const inherited = [{ path: path('a'), kind: 'content', digest: 'sha256:0000' }] as const;
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited });
  t.deepEqual(tracer.freezeStep().changedDuringRun, [path('a')]);
});

test('what the lineage has observed is not new in a later step', async (t) => {
  const workspace = MemoryWorkspace.of({ a: 'one' });
  const before = trace(workspace);
  await before.client.read((await before.client.walk('0/a')).nodeId);
  const { newObservations } = before.tracer.freezeStep();
  const after = trace(workspace, before.tracer.state(), newObservations);
  await after.client.read((await after.client.walk('0/a')).nodeId);
  t.deepEqual(freeze(after.tracer), []);
});

test('views are folders named by index, and a name that is no view is not remembered', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ 'lib/a': '' }));
  t.is((await client.request(1, 1, Buffer.from('1\0'))).errno, 2);
  t.is(tracer.addView([{ at: 'opt/lib', source: path('lib') }]), 1);
  t.deepEqual(await client.list(1), ['.:4', '..:4', '0:4', '1:4']);
  const file = await client.walk('1/opt/lib/a');
  t.is((await client.getAttributes(file.nodeId)).mode, 0o100664);
  t.deepEqual(await client.list((await client.walk('1/opt')).nodeId), ['.:4', '..:4', 'lib:4']);
  t.deepEqual(freeze(tracer), ['exists lib', 'stat lib/a']);
});

test('overlapping mappings merge folders and the later one wins by name', async (t) => {
  const workspace = MemoryWorkspace.of({
    'one/a': 'one',
    'one/d/x': '1',
    'two/a': 'two',
    'two/d/y': '2',
    file: 'file',
  });
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited: [] });
  tracer.addView([
    { at: '', source: path('one') },
    { at: '', source: path('two') },
    { at: 'd/z', source: path('file') },
  ]);
  const client = new FuseClient(tracer);
  t.is(await client.read((await client.walk('0/a')).nodeId), 'two');
  t.is(await client.read((await client.walk('0/d/z')).nodeId), 'file');
  t.deepEqual(await client.list((await client.walk('0/d')).nodeId), ['.:4', '..:4', 'x:8', 'y:8', 'z:8']);
  t.is((await client.walk('0/d/x')).attributes.sizeBytes, 1);
  t.true(freeze(tracer).includes('listing two/d'));
});

test('a name absent in the winning folder is observed there before the next one shows', async (t) => {
  const workspace = MemoryWorkspace.of({ 'one/a': 'one', 'two/b': '' });
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited: [] });
  tracer.addView([
    { at: '', source: path('one') },
    { at: '', source: path('two') },
  ]);
  const client = new FuseClient(tracer);
  await client.walk('0/a');
  t.deepEqual(freeze(tracer), ['exists one', 'exists one/a', 'exists two', 'absent two/a']);
});

test('invalidating a changed file drops its pages, keeps its node and dates it to this run', async (t) => {
  const workspace = MemoryWorkspace.of({ a: 'one' });
  const before = trace(workspace);
  const file = await before.client.walk('0/a');
  const after = trace(workspace.write('a', 'two'), before.tracer.state(), [], RUN_STARTED_AT_MS + 5000);
  after.tracer.invalidate([path('a')]);
  const message = await after.client.receive();
  t.is(message.readInt32LE(4), 2);
  t.is(Number(message.readBigUInt64LE(16)), file.nodeId);
  t.is((await after.client.getAttributes(file.nodeId)).modifiedSeconds, RUN_STARTED_AT_MS / 1000 + 5);
});

test('invalidating a name that appeared drops the name from its folder', async (t) => {
  const workspace = MemoryWorkspace.of({ 'd/a': '' });
  const before = trace(workspace);
  const folder = await before.client.walk('0/d');
  await before.client.walk('0/d/new');
  const after = trace(workspace.write('d/new', ''), before.tracer.state());
  after.tracer.invalidate([path('d/new')]);
  const message = await after.client.receive();
  t.is(message.readInt32LE(4), 3);
  t.is(Number(message.readBigUInt64LE(16)), folder.nodeId);
  t.is(message.toString('latin1', 32), 'new\0');
  t.is((await after.client.receive()).readInt32LE(4), 2);
});

test('a folder whose listing changed keeps its name, for the processes in it, and drops names that came and went', async (t) => {
  const workspace = MemoryWorkspace.of({ 'd/a': '', 'd/b': '' });
  const before = trace(workspace);
  const folder = await before.client.walk('0/d');
  for (const name of ['a', 'b', 'new']) await before.client.walk(`0/d/${name}`);
  const after = trace(workspace.write('d/new', '').remove('d/a'), before.tracer.state());
  after.tracer.invalidate([path('d')]);
  t.is((await after.client.receive()).readInt32LE(4), 2, 'the folder itself');
  t.is((await after.client.receive()).readInt32LE(4), 2, 'what was at a');
  for (const [name, type] of [
    ['a', 3],
    ['', 2],
    ['new', 3],
  ] as const) {
    const message = await after.client.receive();
    t.is(message.readInt32LE(4), type);
    if (name !== '') t.is(message.toString('latin1', 32), `${name}\0`);
  }
  // The next message is the answer to the next request: nothing dropped the folder's own name.
  after.client.stream.write(encodeRequest(3, folder.nodeId, Buffer.alloc(16), 77n));
  t.is((await after.client.receive()).readBigUInt64LE(8), 77n);
});

test('INIT asks for big reads and no opens, and refuses a protocol that is too old', async (t) => {
  const { client } = trace(new MemoryWorkspace());
  const init = Buffer.alloc(64);
  init.set(new Uint8Array(Uint32Array.of(7, 36, 131_072, 0xffffffff).buffer));
  const { errno, body } = await client.request(26, 0, init);
  t.is(errno, 0);
  t.is(body.length, 64);
  t.is(
    body.readUInt32LE(12) & ((1 << 13) | (1 << 14) | (1 << 17) | (1 << 24) | (1 << 4)),
    (1 << 13) | (1 << 17) | (1 << 24),
  );
  t.is(body.readUInt16LE(28), 128);
  init.writeUInt32LE(20, 4);
  t.is((await client.request(26, 0, init)).errno, 71);
});

test('every write is refused as read-only, and OPEN for reading as not needed', async (t) => {
  const { client } = trace(MemoryWorkspace.of({ a: '' }));
  const { nodeId } = await client.walk('0/a');
  for (const opcode of [4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51]) {
    t.is((await client.request(opcode, nodeId, Buffer.alloc(64))).errno, 30, `opcode ${opcode}`);
  }
  t.is((await client.request(14, nodeId, Buffer.alloc(8))).errno, 38);
  t.is((await client.request(14, nodeId, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))).errno, 30);
  for (const opcode of [22, 23, 25, 27, 34, 46, 999]) t.is((await client.request(opcode, nodeId)).errno, 38);
});

test('stats count requests by operation, and a tracer with nothing to do is idle', async (t) => {
  const { tracer, client } = trace(MemoryWorkspace.of({ a: 'x' }));
  t.true(tracer.idle());
  await client.read((await client.walk('0/a')).nodeId);
  t.deepEqual(tracer.stats(), { lookup: 2, read: 1 });
  t.true(tracer.idle());
});

test('what the host looked at for a step is observed like what the guest looked at', (t) => {
  const { tracer } = trace(MemoryWorkspace.of({ 'src/a': '' }));
  tracer.observe({ path: path('src'), kind: 'exists' });
  tracer.observe({ path: path('other'), kind: 'absent' });
  t.deepEqual(freeze(tracer), ['absent other', 'exists src']);
});
