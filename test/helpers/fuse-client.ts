import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';

import type { Tracer } from '../../fs-tracer/index.ts';

const HEADER_BYTES = 40;

export interface Reply {
  /** 0, or a positive errno. */
  readonly errno: number;
  readonly body: Buffer;
}

export interface ClientEntry {
  /** 0 for an absent name. */
  readonly nodeId: number;
  readonly entryValidSeconds: number;
  readonly attributesValidSeconds: number;
  readonly attributes: ClientAttributes;
}

export interface ClientAttributes {
  readonly inode: number;
  readonly sizeBytes: number;
  readonly modifiedSeconds: number;
  readonly mode: number;
  readonly links: number;
}

/** One FUSE request as the kernel sends it. */
export function encodeRequest(opcode: number, nodeId: number, body: Buffer = Buffer.alloc(0), unique = 7n): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + body.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt32LE(opcode, 4);
  message.writeBigUInt64LE(unique, 8);
  message.writeBigUInt64LE(BigInt(nodeId), 16);
  body.copy(message, HEADER_BYTES);
  return message;
}

export function readBody(offset: number, sizeBytes: number): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64LE(BigInt(offset), 8);
  body.writeUInt32LE(sizeBytes, 16);
  return body;
}

/** Plays the guest's kernel: sends requests to a tracer and reads what comes back. */
export class FuseClient {
  readonly stream: Duplex;
  #received = Buffer.alloc(0);
  #unique = 1n;

  constructor(tracer: Pick<Tracer, 'attach'>) {
    const [ours, theirs] = duplexPair();
    this.stream = ours;
    tracer.attach(theirs);
  }

  async request(opcode: number, nodeId: number, body?: Buffer): Promise<Reply> {
    const unique = this.#unique++;
    this.stream.write(encodeRequest(opcode, nodeId, body, unique));
    for (;;) {
      const message = await this.receive();
      if (message.readBigUInt64LE(8) === unique)
        return { errno: Math.abs(message.readInt32LE(4)), body: message.subarray(16) };
    }
  }

  /** The next whole message: a reply, or a notification (unique 0). */
  async receive(): Promise<Buffer> {
    for (;;) {
      const length = this.#received.length >= 4 ? this.#received.readUInt32LE(0) : Infinity;
      if (this.#received.length >= length) {
        const message = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return message;
      }
      const chunk = this.stream.read() as Buffer | null;
      if (chunk === null) await once(this.stream, 'readable');
      else this.#received = Buffer.concat([this.#received, chunk]);
    }
  }

  async lookUp(parentId: number, name: string): Promise<ClientEntry> {
    const reply = await this.request(1, parentId, Buffer.from(`${name}\0`, 'latin1'));
    if (reply.errno !== 0) throw new Error(`lookup ${name}: errno ${reply.errno}`);
    return parseEntry(reply.body);
  }

  /** Looks a whole path up, from the root of the mounted file system; gives the last entry. */
  async walk(path: string): Promise<ClientEntry> {
    let nodeId = 1;
    let entry: ClientEntry | undefined;
    for (const name of path.split('/')) {
      entry = await this.lookUp(nodeId, name);
      nodeId = entry.nodeId;
    }
    if (entry === undefined) throw new Error('empty path');
    return entry;
  }

  async getAttributes(nodeId: number): Promise<ClientAttributes> {
    const reply = await this.request(3, nodeId, Buffer.alloc(16));
    if (reply.errno !== 0) throw new Error(`getattr ${nodeId}: errno ${reply.errno}`);
    return parseAttributes(reply.body.subarray(16));
  }

  async read(nodeId: number, offset = 0, sizeBytes = 4096): Promise<string> {
    const reply = await this.request(15, nodeId, readBody(offset, sizeBytes));
    if (reply.errno !== 0) throw new Error(`read ${nodeId}: errno ${reply.errno}`);
    return reply.body.toString('latin1');
  }

  async readLink(nodeId: number): Promise<string> {
    return (await this.request(5, nodeId)).body.toString('latin1');
  }

  /** Names with their dirent types, paged with READDIR (28) or READDIRPLUS (44) until the end. */
  async list(nodeId: number, opcode: 28 | 44 = 44, pageBytes = 4096): Promise<readonly string[]> {
    const names: string[] = [];
    for (let offset = 0; ; ) {
      const reply = await this.request(opcode, nodeId, readBody(offset, pageBytes));
      if (reply.errno !== 0) throw new Error(`readdir ${nodeId}: errno ${reply.errno}`);
      if (reply.body.length === 0) return names;
      for (const { name, type, next } of parseDirectory(reply.body, opcode === 44)) {
        names.push(`${name}:${type}`);
        offset = next;
      }
    }
  }
}

export interface ClientDirent {
  readonly name: string;
  readonly type: number;
  readonly next: number;
  readonly inode: number;
  readonly entry: ClientEntry | null;
}

export function parseDirectory(body: Buffer, plus: boolean): readonly ClientDirent[] {
  const entries: ClientDirent[] = [];
  for (let offset = 0; offset < body.length; ) {
    const entry = plus ? parseEntry(body.subarray(offset)) : null;
    const start = offset + (plus ? 128 : 0);
    const length = body.readUInt32LE(start + 16);
    entries.push({
      name: body.toString('latin1', start + 24, start + 24 + length),
      type: body.readUInt32LE(start + 20),
      next: Number(body.readBigUInt64LE(start + 8)),
      inode: Number(body.readBigUInt64LE(start)),
      entry,
    });
    offset = start + Math.ceil((24 + length) / 8) * 8;
  }
  return entries;
}

export function parseEntry(body: Buffer): ClientEntry {
  return {
    nodeId: Number(body.readBigUInt64LE(0)),
    entryValidSeconds: Number(body.readBigUInt64LE(16)),
    attributesValidSeconds: Number(body.readBigUInt64LE(24)),
    attributes: parseAttributes(body.subarray(40)),
  };
}

function parseAttributes(body: Buffer): ClientAttributes {
  return {
    inode: Number(body.readBigUInt64LE(0)),
    sizeBytes: Number(body.readBigUInt64LE(8)),
    modifiedSeconds: Number(body.readBigUInt64LE(32)),
    mode: body.readUInt32LE(60),
    links: body.readUInt32LE(64),
  };
}
