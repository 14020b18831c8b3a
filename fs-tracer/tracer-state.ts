import { LayerError } from '../util/layer-error.ts';
import { type NodeRecord, NodeTable, inodeOf } from './node-table.ts';
import type { View } from './view.ts';
import { parseWorkspacePath } from './workspace-path.ts';
import type { EntryType } from './workspace.ts';

/*
 * The form in which views and nodes are saved with a snapshot. Little endian.
 *
 *   magic     8 bytes, "layerfs" and the format's version as one byte (now 1)
 *   views     u32 count, each: u32 count of mappings, each: text `at`, text `source`
 *   nodes     f64 next id, u32 count, each in the order of ids:
 *             f64 id, f64 modification time (ms since the epoch), u8 type (index into TYPES),
 *             u16 bytes shared with the path of the node before, text rest of the path
 *   text      u32 length, that many latin1 bytes
 *
 * Inode numbers follow from paths. Sharing prefixes matters: neighbours were mostly seen in one listing.
 */
const MAGIC = 'layerfs\x01';
const TYPES: readonly EntryType[] = ['file', 'folder', 'symlink', 'special'];
const MAX_SHARED_BYTES = 0xffff;

export interface TracerState {
  readonly views: readonly View[];
  readonly nodes: NodeTable;
}

export function encodeTracerState({ views, nodes }: TracerState): Buffer {
  const parts: Buffer[] = [Buffer.from(MAGIC, 'latin1'), uint32(views.length)];
  for (const view of views) {
    parts.push(uint32(view.length));
    for (const { at, source } of view) parts.push(text(at), text(source));
  }
  const records = nodes.records();
  parts.push(float64(nodes.nextId), uint32(records.length));
  let previous = '';
  for (const record of records) {
    parts.push(encodeNode(record, previous));
    previous = record.path;
  }
  return Buffer.concat(parts);
}

/** Throws `SNAPSHOT_DAMAGED` where `state` was not written by {@link encodeTracerState}. */
export function decodeTracerState(state: Buffer): TracerState {
  try {
    return decode(new Reader(state));
  } catch (cause) {
    throw new LayerError('SNAPSHOT_DAMAGED', 'The saved file system state of a snapshot cannot be read', { cause });
  }
}

function encodeNode({ id, path, type, modifiedAtMs }: NodeRecord, previous: string): Buffer {
  const shared = sharedLength(previous, path);
  const fixed = Buffer.alloc(19);
  fixed.writeDoubleLE(id, 0);
  fixed.writeDoubleLE(modifiedAtMs, 8);
  fixed.writeUInt8(TYPES.indexOf(type), 16);
  fixed.writeUInt16LE(shared, 17);
  return Buffer.concat([fixed, text(path.slice(shared))]);
}

function decode(reader: Reader): TracerState {
  if (reader.bytes(MAGIC.length) !== MAGIC) throw new Error('Unknown format');
  const views = readMany(reader, () => readMany(reader, () => readMapping(reader)));
  const nextId = reader.float64();
  let previous = '';
  const records = readMany(reader, () => {
    const record = decodeNode(reader, previous);
    previous = record.path;
    return record;
  });
  if (!reader.atEnd || records[0]?.path !== '') throw new Error('Unexpected length');
  return { views, nodes: NodeTable.restore(records, nextId) };
}

function readMapping(reader: Reader): View[number] {
  const at = parseWorkspacePath(reader.text());
  const source = parseWorkspacePath(reader.text());
  if (at === null || source === null) throw new Error('Not a path');
  return { at, source };
}

function decodeNode(reader: Reader, previous: string): NodeRecord {
  const id = reader.float64();
  const modifiedAtMs = reader.float64();
  const type = TYPES[reader.uint8()];
  if (type === undefined) throw new Error('Unknown type of node');
  const path = previous.slice(0, reader.uint16()) + reader.text();
  return { id, path, type, inode: inodeOf(path), modifiedAtMs };
}

function readMany<Item>(reader: Reader, read: () => Item): readonly Item[] {
  const items: Item[] = [];
  for (let left = reader.uint32(); left > 0; left--) items.push(read());
  return items;
}

function sharedLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length, MAX_SHARED_BYTES);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function float64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([uint32(value.length), Buffer.from(value, 'latin1')]);
}

/** Reads from the front; every method throws a RangeError past the end. */
class Reader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get atEnd(): boolean {
    return this.#offset === this.#buffer.length;
  }

  uint8(): number {
    return this.#buffer.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#buffer.readUInt16LE(this.#advance(2));
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4));
  }

  float64(): number {
    return this.#buffer.readDoubleLE(this.#advance(8));
  }

  text(): string {
    return this.bytes(this.uint32());
  }

  bytes(length: number): string {
    const start = this.#advance(length);
    return this.#buffer.toString('latin1', start, start + length);
  }

  #advance(bytes: number): number {
    const start = this.#offset;
    if (start + bytes > this.#buffer.length) throw new RangeError('Cut short');
    this.#offset += bytes;
    return start;
  }
}
