import { AHEAD, IN_HEADER_BYTES, OUT_HEADER_BYTES } from './fuse-protocol.ts';
import { writeNumber64 } from './fuse-replies.ts';

/*
 * Messages of our own on the FUSE stream (the other end is vm/guest/ahead.c). Little endian.
 *
 *   to the guest    fuse_out_header with unique 0 and error AHEAD, then items, each:
 *                   u32 bytes of the item, u32 opcode it answers, u64 serial (0: not to be noted), u64 node, u64 offset
 *                   (of a READ's bytes in the file; of a READDIRPLUS exactly), then the body of the reply
 *   from the guest  fuse_in_header with opcode AHEAD, then u64 serials of the items that answered a request; where the
 *                   header's unique is not 0, an empty reply is due
 */
export interface AheadItem {
  readonly opcode: number;
  readonly serial: number;
  readonly nodeId: number;
  readonly offset: number;
  readonly body: Buffer;
}

const ITEM_BYTES = 32;

export function encodeAhead(items: readonly AheadItem[]): Buffer {
  const bytes = items.reduce((sum, { body }) => sum + ITEM_BYTES + body.length, OUT_HEADER_BYTES);
  const message = Buffer.alloc(bytes);
  message.writeUInt32LE(bytes, 0);
  message.writeInt32LE(AHEAD, 4);
  let at = OUT_HEADER_BYTES;
  for (const { opcode, serial, nodeId, offset, body } of items) {
    message.writeUInt32LE(ITEM_BYTES + body.length, at);
    message.writeUInt32LE(opcode, at + 4);
    writeNumber64(message, at + 8, serial);
    writeNumber64(message, at + 16, nodeId);
    writeNumber64(message, at + 24, offset);
    body.copy(message, at + ITEM_BYTES);
    at += ITEM_BYTES + body.length;
  }
  return message;
}

/** The serials in a message of notes; inexact beyond 2^53, which no serial of ours is. */
export function decodeNotes(message: Buffer): number[] {
  const serials: number[] = [];
  for (let at = IN_HEADER_BYTES; at + 8 <= message.length; at += 8) {
    serials.push(message.readUInt32LE(at + 4) * 2 ** 32 + message.readUInt32LE(at));
  }
  return serials;
}
