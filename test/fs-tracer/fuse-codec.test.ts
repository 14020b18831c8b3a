import test from 'ava';
import fc from 'fast-check';

import { packDirectory } from '../../fs-tracer/fuse-directory.ts';
import {
  encodeAttributes,
  encodeBytes,
  encodeEntry,
  encodeError,
  encodeInvalidateName,
} from '../../fs-tracer/fuse-replies.ts';
import { decodeHeader, decodeName, decodeRead } from '../../fs-tracer/fuse-requests.ts';
import type { EntryType } from '../../fs-tracer/index.ts';
import { encodeRequest, parseDirectory, parseEntry, readBody } from '../helpers/fuse-client.ts';

const REQUEST = encodeRequest(1, 1);
const UINT64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const TYPE = fc.constantFrom<EntryType>('file', 'folder', 'symlink', 'special');
/** Latin1, as any bytes but NUL and slash can be a name. */
const NAME = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))).toString('latin1'));

test('what a header says is what was sent', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.maxSafeNat(), UINT64, fc.uint8Array(), (opcode, nodeId, unique, body) => {
      const message = encodeRequest(opcode, nodeId, Buffer.from(body), unique);
      t.deepEqual(decodeHeader(message), { lengthBytes: message.length, opcode, unique: message, nodeId });
    }),
  );
});

test('names and read ranges arrive byte for byte', (t) => {
  fc.assert(
    fc.property(NAME, fc.maxSafeNat(), fc.nat(), (name, offset, sizeBytes) => {
      t.is(decodeName(encodeRequest(1, 1, Buffer.from(`${name}\0`, 'latin1'))), name);
      t.deepEqual(decodeRead(encodeRequest(15, 1, readBody(offset, sizeBytes))), { offset, sizeBytes });
    }),
  );
});

test('every reply begins with its own length and the number of its request', (t) => {
  fc.assert(
    fc.property(UINT64, fc.uint8Array(), (unique, body) => {
      const request = encodeRequest(1, 1, undefined, unique);
      const replies = [encodeError(request, 'EROFS'), encodeBytes(request, Buffer.from(body))];
      for (const reply of replies) {
        t.is(reply.readUInt32LE(0), reply.length);
        t.is(reply.readBigUInt64LE(8), unique);
      }
      t.deepEqual(
        replies.map((reply) => reply.readInt32LE(4)),
        [-30, 0],
      );
    }),
  );
});

test('attributes come back as they were given', (t) => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      TYPE,
      fc.boolean(),
      fc.maxSafeNat(),
      fc.nat(4e12),
      (inode, type, executable, sizeBytes, modifiedAtMs) => {
        const attributes = { inode, type, executable, sizeBytes, modifiedAtMs };
        const { entryValidSeconds, ...entry } = parseEntry(
          encodeEntry(REQUEST, { ...attributes, nodeId: 5, attributesValid: false }).subarray(16),
        );
        t.true(entryValidSeconds > 3600);
        t.is(entry.attributesValidSeconds, 0);
        t.is(entry.attributes.inode, inode);
        t.is(entry.attributes.sizeBytes, sizeBytes);
        t.is(entry.attributes.modifiedSeconds, Math.floor(modifiedAtMs / 1000));
        t.is(entry.attributes.links, 1);
        t.is(encodeAttributes(REQUEST, attributes).length, 16 + 16 + 88);
      },
    ),
  );
});

test('modes are those of a checkout of root', (t) => {
  const mode = (type: EntryType, executable = false): string => {
    const attributes = { inode: 2, type, executable, sizeBytes: 0, modifiedAtMs: 0 };
    return encodeAttributes(REQUEST, attributes)
      .readUInt32LE(32 + 60)
      .toString(8);
  };
  t.deepEqual(
    [mode('file'), mode('file', true), mode('folder'), mode('symlink'), mode('special')],
    ['100664', '100775', '40775', '120777', '140000'],
  );
});

test('a directory packed page by page gives every entry once and never overfills a page', (t) => {
  const entry = fc.record({ name: NAME, type: TYPE, inode: fc.maxSafeNat() });
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 40 }),
      fc.integer({ min: 420, max: 2000 }),
      fc.boolean(),
      (entries, limit, plus) => {
        const seen: string[] = [];
        for (let offset = 0; ; ) {
          const { bytes: page, end } = packDirectory(entries, offset, limit, plus ? () => null : null);
          t.true(page.length <= limit);
          t.is(page.length % 8, 0);
          if (page.length === 0) break;
          for (const { name, next } of parseDirectory(page, plus)) {
            seen.push(name);
            offset = next;
          }
          t.is(end, offset);
        }
        t.deepEqual(
          seen,
          entries.map(({ name }) => name),
        );
      },
    ),
  );
});

test('a notification carries number 0, its code and a name that ends with NUL', (t) => {
  const message = encodeInvalidateName(9, 'na\xefve');
  t.is(message.readUInt32LE(0), message.length);
  t.is(message.readInt32LE(4), 3);
  t.is(message.readBigUInt64LE(8), 0n);
  t.is(message.readUInt32LE(24), 5);
  t.is(message.toString('latin1', 32), 'na\xefve\0');
});
