import { AHEAD } from '../../../fs-tracer/fuse-protocol.ts';
import { encodeRequest, readBody } from '../../helpers/fuse-client.ts';
import type { Random } from './random.ts';

/** Opcodes that FUSE answers with nothing: FORGET, INTERRUPT, DESTROY, NOTIFY_REPLY, BATCH_FORGET. */
export const SILENT_OPCODES: ReadonlySet<number> = new Set([2, 36, 38, 41, 42]);

export interface KnownNode {
  readonly id: number;
  /** S_IFMT >> 12 as in a dirent: 4 folder, 8 file, 10 symlink. */
  readonly type: number;
}

const LAST_OPCODE = 51;
const NAMES = [
  'a',
  'b',
  'c',
  'file',
  'top',
  'many',
  'empty',
  'big',
  'out',
  'up',
  'loop',
  'fifo',
  'hidden',
  'secret',
  'other',
  'swap',
  'sub',
  'link',
  '0',
];
const BAD_NAMES = [
  '.',
  '..',
  '../outside',
  '../../etc/passwd',
  '/',
  '/etc/passwd',
  'a/b',
  'out/secret',
  '',
  'a\0b',
  'x'.repeat(255),
  'x'.repeat(256),
  'y'.repeat(4096),
  '\xff\xfe\n ',
  '.layerignore',
  '.git',
  '__proto__',
  'constructor',
  '0 ',
  '1e3',
  '-1',
  '%s%n',
  '\ud83d',
];
const OFFSETS = [
  0,
  1,
  2,
  3,
  17,
  400,
  4095,
  4096,
  1 << 20,
  3 << 20,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 52,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  2 ** 64 - 1,
];
const SIZES = [0, 1, 23, 24, 127, 152, 4096, 65_536, 1 << 20, (1 << 20) + 1, 2 ** 31, 2 ** 32 - 1];
const NODE_IDS = [0, 1, 2, 3, 99, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 63, 2 ** 64 - 1];

/** Makes the messages of a guest: some as its kernel would, most not. Knows what the client has learnt from replies. */
export class HostileMessages {
  readonly #random: Random;
  readonly #tellsNotes: boolean;
  #absent = 0;
  #unique = 1n;
  /** Node ids that replies have named. */
  readonly nodes: KnownNode[] = [{ id: 1, type: 4 }];

  /** `tellsNotes`: it is a guest that is sent things ahead. */
  constructor(random: Random, tellsNotes: boolean) {
    this.#random = random;
    this.#tellsNotes = tellsNotes;
  }

  /** What a kernel sends. */
  honest(): Buffer {
    const random = this.#random;
    const { id, type } = random.pick(this.nodes);
    if (this.#tellsNotes && random.chance(30)) return this.notes();
    if (random.chance(4)) return this.make(3, id, Buffer.alloc(16));
    if (type === 8) return this.make(15, id, readBody(random.below(5000), 4096));
    if (type === 10) return this.make(5, id);
    if (random.chance(2)) return this.make(random.pick([28, 44]), id, readBody(0, 4096));
    return this.make(1, id, nameBody(random.pick(NAMES)));
  }

  /** Tells of the use of what was sent ahead, or never was; an answer is due. */
  notes(): Buffer {
    const serials = Buffer.alloc(8 * this.#random.below(20));
    for (let at = 0; at < serials.length; at += 8) writeUint64(serials, this.#random.below(20_000), at);
    return encodeRequest(AHEAD, 0, serials, (this.#unique += 2n));
  }

  /** An honest message with something wrong in it; its length is right. */
  mutated(): Buffer {
    const random = this.#random;
    const message = this.honest();
    switch (random.below(6)) {
      case 0:
        message.writeUInt32LE(random.chance(2) ? random.below(LAST_OPCODE + 3) : random.below(2 ** 32), 4);
        return message;
      case 1:
        writeUint64(message, random.pick(NODE_IDS), 16);
        return message;
      case 2:
        return this.#resized(message, message.subarray(0, 40 + random.below(message.length - 39)));
      case 3:
        return this.#resized(message, Buffer.concat([message, random.bytes(1 + random.below(300))]));
      case 4:
        for (let flips = 1 + random.below(4); flips > 0; flips--)
          message[random.pick([4, 16, 17, 36, 37, 40, 48, 49, 55, 56, 59].filter((at) => at < message.length))] =
            random.below(256);
        return message;
      default:
        return this.#absurd();
    }
  }

  #absurd(): Buffer {
    const random = this.#random;
    const { id } = random.pick(this.nodes);
    switch (random.below(4)) {
      case 0:
        return this.make(1, id, nameBody(random.pick(BAD_NAMES)));
      case 1: {
        const body = readBody(0, random.pick(SIZES));
        writeUint64(body, random.pick(OFFSETS), 8);
        return this.make(random.pick([15, 28, 44]), id, body);
      }
      case 2:
        return this.make(random.below(LAST_OPCODE + 9), random.pick(NODE_IDS), random.bytes(random.below(120)));
      default:
        return this.make(random.pick([14, 21, 22, 26, 30, 35, 39, 46, 47]), id, random.bytes(random.below(120)));
    }
  }

  /** How many names were made that nobody asked for before. */
  get absentNames(): number {
    return this.#absent;
  }

  /** A look-up of a name that nobody asked for before. */
  absent(): Buffer {
    return this.make(1, this.#folder(), nameBody(`absent-${this.#absent++}-${'z'.repeat(this.#random.below(60))}`));
  }

  /** Something that has no reply. */
  silent(): Buffer {
    return this.make(this.#random.pick([...SILENT_OPCODES]), this.#random.pick(this.nodes).id, this.#random.bytes(8));
  }

  /** The most that one READ may ask for. */
  big(): Buffer {
    return this.make(15, this.#random.pick(this.nodes).id, readBody(0, 1 << 20));
  }

  /** What the swapped folder holds, asked by names and by nodes. */
  swapped(nodes: readonly KnownNode[]): Buffer {
    const random = this.#random;
    const { id } = random.pick(nodes);
    const bodies: Readonly<Record<number, Buffer>> = { 3: Buffer.alloc(16), 5: Buffer.alloc(0) };
    const opcode = random.pick([1, 3, 5, 15, 15, 28, 44]);
    if (opcode === 1) return this.make(1, id, nameBody(random.pick(['secret', 'sub', 'link'])));
    return this.make(opcode, id, bodies[opcode] ?? readBody(0, 4096));
  }

  /** A message whose length no message can have: the stream is lost after it. */
  broken(): Buffer {
    const message = this.honest();
    const length = this.#random.pick([0, 1, 39, (1 << 20) + (64 << 10) + 1, 2 ** 31, 2 ** 32 - 1]);
    message.writeUInt32LE(length, 0);
    return message;
  }

  /** The beginning of a message that never ends. */
  half(): Buffer {
    const message = this.#random.chance(2) ? this.honest() : this.make(16, 1, Buffer.alloc(1 << 20));
    return message.subarray(0, 1 + this.#random.below(message.length - 1));
  }

  make(opcode: number, nodeId: number, body: Buffer = Buffer.alloc(0)): Buffer {
    const message = encodeRequest(opcode, 0, body, this.#nextUnique());
    writeUint64(message, nodeId, 16);
    return message;
  }

  #folder(): number {
    return this.#random.pick(this.nodes.filter(({ type }) => type === 4).slice(0, 20)).id;
  }

  /** Mostly counted, as by the kernel; sometimes 0, or of any size. */
  #nextUnique(): bigint {
    if (this.#random.chance(500)) return this.#random.pick([0n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n]);
    return (this.#unique += 2n);
  }

  #resized(message: Buffer, resized: Buffer): Buffer {
    const copy = Buffer.from(resized.length < 40 ? message : resized);
    copy.writeUInt32LE(copy.length, 0);
    return copy;
  }
}

function nameBody(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'latin1');
}

function writeUint64(target: Buffer, value: number, offset: number): void {
  target.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset);
}
