import test from 'ava';

import { createTracer, type Tracer, type WorkspacePath } from '../../fs-tracer/index.ts';
import { AHEAD } from '../../fs-tracer/fuse-protocol.ts';
import { encodeRequest, FuseClient, readBody } from '../helpers/fuse-client.ts';
import { MemoryWorkspace } from '../helpers/memory-workspace.ts';

interface Item {
  readonly opcode: number;
  readonly serial: number;
  readonly nodeId: number;
  readonly offset: number;
  readonly body: Buffer;
}

/** Plays the helper in the guest: keeps what is sent ahead, and notes what it uses. */
class AheadClient extends FuseClient {
  readonly items: Item[] = [];

  override async receive(): Promise<Buffer> {
    const message = await super.receive();
    if (message.readBigUInt64LE(8) === 0n && message.readInt32LE(4) === AHEAD) this.items.push(...itemsIn(message));
    return message;
  }

  /** Everything that was sent up to now has arrived when this is answered. */
  async note(serials: readonly number[] = []): Promise<void> {
    const body = Buffer.alloc(serials.length * 8);
    for (const [index, serial] of serials.entries()) body.writeBigUInt64LE(BigInt(serial), index * 8);
    await this.request(AHEAD, 0, body);
  }

  itemFor(nodeId: number, opcode: number): Item | undefined {
    return this.items.find((item) => item.nodeId === nodeId && item.opcode === opcode);
  }
}

function itemsIn(message: Buffer): Item[] {
  const items: Item[] = [];
  for (let at = 16; at < message.length; at += message.readUInt32LE(at)) {
    items.push({
      opcode: message.readUInt32LE(at + 4),
      serial: Number(message.readBigUInt64LE(at + 8)),
      nodeId: Number(message.readBigUInt64LE(at + 16)),
      offset: Number(message.readBigUInt64LE(at + 24)),
      body: message.subarray(at + 32, at + message.readUInt32LE(at)),
    });
  }
  return items;
}

interface Rig {
  readonly tracer: Tracer;
  readonly client: AheadClient;
  readonly workspace: MemoryWorkspace;
}

const [LOOKUP, GETATTR, READ, READDIRPLUS] = [1, 3, 15, 44];

function trace(files: Readonly<Record<string, string>>): Rig {
  const workspace = MemoryWorkspace.of(files);
  const tracer = createTracer({ workspace, runStartedAtMs: 1_700_000_000_000, inherited: [], sendsAhead: true });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  return { tracer, client: new AheadClient(tracer), workspace };
}

function freeze(tracer: Tracer): readonly string[] {
  return tracer.freezeStep().newObservations.map(({ kind, path }) => `${kind} ${path}`);
}

/** Lists `src` and looks its files up by name: their node ids, in the folder's order. */
async function listed(client: AheadClient, names: readonly string[]): Promise<readonly number[]> {
  const folder = await client.walk('0/src');
  await client.list(folder.nodeId);
  const ids: number[] = [];
  for (const name of names) ids.push((await client.lookUp(folder.nodeId, name)).nodeId);
  return ids;
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const FILES = Object.fromEntries(NAMES.map((name) => [`src/${name}`, `content of ${name}`]));

test('the rest of a listing comes with its first page, up to its end', async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `file-${String(index).padStart(2, '0')}`);
  const { tracer, client } = trace(Object.fromEntries(names.map((name) => [`src/${name}`, name])));
  const folder = await client.walk('0/src');
  const first = await client.request(READDIRPLUS, folder.nodeId, readBody(0, 4096));
  await client.note();
  const pages = client.items.filter(({ opcode }) => opcode === READDIRPLUS);
  t.true(first.body.length > 0 && pages.length >= 2);
  t.is(pages.at(-1)?.body.length, 0);
  t.is(pages.at(-1)?.offset, names.length + 2);
  t.true(pages.every(({ serial }) => serial === 0));
  const asked = await client.request(READDIRPLUS, folder.nodeId, readBody(pages[0]?.offset ?? 0, 4096));
  t.deepEqual(asked.body, pages[0]?.body);
  t.deepEqual(freeze(tracer), ['listing src']);
});

test('what was sent ahead is observed when it is used, and not before', async (t) => {
  const { tracer, client } = trace(FILES);
  const ids = await listed(client, NAMES);
  await client.getAttributes(ids[0] ?? 0);
  await client.note();
  const [second, third] = ids.slice(1).map((id) => client.itemFor(id, GETATTR));
  t.true(second !== undefined && third !== undefined);
  t.deepEqual(freeze(tracer), ['listing src', 'stat src/a']);
  await client.note([third?.serial ?? 0]);
  t.deepEqual(freeze(tracer), ['stat src/c']);
});

test('an item has the bytes that a request would have brought', async (t) => {
  const { client } = trace(FILES);
  const ids = await listed(client, NAMES);
  for (const id of ids.slice(0, 2)) await client.read(id);
  await client.getAttributes(ids[0] ?? 0);
  await client.note();
  const id = ids[3] ?? 0;
  t.is(client.itemFor(id, READ)?.body.toString(), await client.read(id));
  const attributes = await client.request(GETATTR, id, Buffer.alloc(16));
  t.deepEqual(client.itemFor(id, GETATTR)?.body, attributes.body);
});

test('content goes ahead only while files are read in the order of their folder', async (t) => {
  const { client } = trace(FILES);
  const ids = await listed(client, NAMES);
  for (const index of [4, 2, 0]) await client.read(ids[index] ?? 0);
  await client.note();
  t.deepEqual(
    client.items.filter(({ opcode }) => opcode === READ),
    [],
  );
});

test('content that was edited between sending and using makes the step unpublishable', async (t) => {
  const { tracer, client, workspace } = trace(FILES);
  const ids = await listed(client, NAMES);
  for (const id of ids.slice(0, 2)) await client.read(id);
  await client.note();
  const item = client.itemFor(ids[4] ?? 0, READ);
  workspace.write('src/e', 'other text, e');
  t.deepEqual(tracer.freezeStep().changedDuringRun, []);
  await client.note([item?.serial ?? 0]);
  t.deepEqual(tracer.freezeStep().changedDuringRun, ['src/e']);
});

test('attributes that were edited between sending and using make the step unpublishable', async (t) => {
  const { tracer, client, workspace } = trace(FILES);
  const ids = await listed(client, NAMES);
  await client.getAttributes(ids[0] ?? 0);
  await client.note();
  workspace.write('src/b', 'longer than it was when it was sent');
  await client.note([client.itemFor(ids[1] ?? 0, GETATTR)?.serial ?? 0]);
  t.deepEqual(tracer.freezeStep().changedDuringRun, ['src/b']);
});

const TREE = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`tree/${name}/lib/file-${name}`, name]));

/** Lists `tree`, and in it `a`, as a program does that goes through a tree. */
async function walked(client: AheadClient): Promise<void> {
  for (const path of ['0/tree', '0/tree/a']) await client.list((await client.walk(path)).nodeId);
  await client.note();
}

/** The listings that were sent whole, as their nodes. */
function listings(client: AheadClient): readonly Item[] {
  return client.items.filter(({ opcode, offset }) => opcode === READDIRPLUS && offset === 0);
}

test('while a tree is walked, the listings of the folders that follow go ahead, depth first', async (t) => {
  const { tracer, client } = trace(TREE);
  await walked(client);
  t.deepEqual(freeze(tracer), ['listing tree', 'listing tree/a']);
  const sent = listings(client);
  await client.note(sent.slice(0, 3).map(({ serial }) => serial));
  t.deepEqual(freeze(tracer), ['listing tree/a/lib', 'listing tree/b', 'listing tree/b/lib']);
  const next = await client.walk('0/tree/c');
  t.is(sent[3]?.nodeId, next.nodeId);
  t.deepEqual((await client.request(READDIRPLUS, next.nodeId, readBody(0, 4096))).body, sent[3]?.body);
});

test('listings go ahead no further than they are used, and not at all where folders are listed in another order', async (t) => {
  const names = Array.from({ length: 60 }, (_, index) => `folder-${String(index).padStart(2, '0')}`);
  const { client } = trace(Object.fromEntries(names.map((name) => [`tree/${name}/file`, name])));
  const list = async (path: string): Promise<unknown> => client.list((await client.walk(path)).nodeId);
  await list('0/tree');
  for (const name of ['folder-50', 'folder-30', 'folder-20']) await list(`0/tree/${name}`);
  await client.note();
  t.is(listings(client).length, 0);
  await list('0/tree');
  for (const name of names.slice(0, 3)) await list(`0/tree/${name}`);
  await client.note();
  const sent = listings(client).length;
  t.true(sent > 0 && sent < 10);
});

test('a folder whose listing changed between sending and using makes the step unpublishable', async (t) => {
  const { tracer, client, workspace } = trace(TREE);
  await walked(client);
  const [first] = listings(client);
  workspace.write('tree/a/lib/another', '');
  t.deepEqual(tracer.freezeStep().changedDuringRun, []);
  await client.note([first?.serial ?? 0]);
  t.deepEqual(tracer.freezeStep().changedDuringRun, ['tree/a/lib']);
});

test('the attributes of a file that is looked up by name come before the answer, and its content once such files are read', async (t) => {
  const { tracer, client } = trace(FILES);
  const folder = await client.walk('0/src');
  const first = await client.lookUp(folder.nodeId, 'd');
  t.truthy(client.itemFor(first.nodeId, GETATTR));
  t.is(client.itemFor(first.nodeId, READ), undefined);
  await client.read(first.nodeId);
  const second = await client.lookUp(folder.nodeId, 'b');
  const item = client.itemFor(second.nodeId, READ);
  t.is(item?.body.toString(), 'content of b');
  t.deepEqual(freeze(tracer), ['exists src', 'exists src/b', 'content src/d']);
  await client.note([item?.serial ?? 0]);
  t.deepEqual(freeze(tracer), ['content src/b']);
});

test('names that are looked up in the order of their folder go ahead with their attributes, and exist when they are used', async (t) => {
  const { tracer, client, workspace } = trace(FILES);
  const folder = await client.walk('0/src');
  for (const name of ['a', 'b', 'c']) await client.lookUp(folder.nodeId, name);
  const [d, e, f] = client.items.filter(({ opcode }) => opcode === LOOKUP);
  t.is(f?.body.subarray(128).toString(), 'f');
  t.deepEqual(freeze(tracer), ['exists src', 'exists src/a', 'exists src/b', 'exists src/c']);
  await client.note([d?.serial ?? 0]);
  t.deepEqual(freeze(tracer), ['exists src/d']);
  const asked = await client.request(LOOKUP, folder.nodeId, Buffer.from('d\0'));
  t.deepEqual(asked.body, d?.body.subarray(0, 128));
  t.truthy(client.itemFor(asked.body.readUInt32LE(0), GETATTR));
  workspace.remove('src/e');
  await client.note([e?.serial ?? 0]);
  t.deepEqual(tracer.freezeStep().changedDuringRun, ['src/e']);
});

test('names that are looked up in no order, or of files alone, send no others', async (t) => {
  const { client } = trace(FILES);
  const folder = await client.walk('0/src');
  for (const name of ['e', 'c', 'd', 'a']) await client.lookUp(folder.nodeId, name);
  await client.note();
  t.is(client.items.filter(({ opcode }) => opcode === LOOKUP).length, 0);
});

test('the note of what was never sent is trouble, and is answered', async (t) => {
  const { tracer, client } = trace(FILES);
  await client.note([123_456]);
  t.regex(tracer.freezeStep().trouble ?? '', /noted the use of what it was not sent/);
});

test('nothing is sent ahead after the notes that end a step', async (t) => {
  const { client } = trace(FILES);
  const ids = await listed(client, NAMES);
  for (const id of ids.slice(0, 2)) await client.read(id);
  await client.note();
  const before = client.items.length;
  const used = client.items.filter(({ opcode }) => opcode === READ).map(({ serial }) => serial);
  await client.note(used);
  await client.lookUp(1, '0');
  t.is(client.items.length, before);
});

test('a stream whose other end knows nothing of it gets nothing ahead', async (t) => {
  const workspace = MemoryWorkspace.of(FILES);
  const tracer = createTracer({ workspace, runStartedAtMs: 0, inherited: [] });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  const client = new AheadClient(tracer);
  const ids = await listed(client, NAMES);
  for (const id of ids) await client.read(id);
  client.stream.write(encodeRequest(17, 1));
  await client.receive();
  t.deepEqual(client.items, []);
});
