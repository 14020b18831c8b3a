import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { writeFileDurably } from '../../util/durable-file.ts';
import { fileVersion, isSettled, type VersionMemo } from '../../util/file-version.ts';
import { type BaseImage, IMAGE_FILES } from './base-image.ts';
import { dataExtents } from './data-extents.ts';

/**
 * `images/ID/manifest.json`, version 1: what the image's other files are, `{"version": 1, "checksum": HEX, "files":
 * {NAME: {"sizeBytes": N, "digest": HEX}}}`. The checksum is the sha-256 of the files, printed as JSON. An image that was built
 * before there were manifests gets one when it is first looked at.
 */
interface ImageManifest {
  readonly version: 1;
  readonly checksum: string;
  readonly files: Readonly<Record<string, FileFacts>>;
}

interface FileFacts {
  readonly sizeBytes: number;
  readonly digest: string;
}

const MANIFEST_FILE = 'manifest.json';
const BLOCK_BYTES = 64 * 1024;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** What is wrong with an image's files, for people; null where nothing is. What `memo` knows is not read again. */
export async function imageDamage(image: BaseImage, memo: VersionMemo): Promise<string | null> {
  const paths = pathsOf(image);
  const missing = paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() !== true);
  if (missing !== undefined) return `${basename(missing)} is missing`;
  const manifest = readManifest(dirname(image.disk));
  if (manifest === 'damaged') return `${MANIFEST_FILE} does not match its checksum`;
  if (manifest === 'missing') {
    await adopt(image, memo);
    return null;
  }
  for (const path of paths) {
    const why = await fileDamage(path, manifest.files[basename(path)], memo);
    if (why !== null) return `${basename(path)} ${why}`;
  }
  return null;
}

async function adopt(image: BaseImage, memo: VersionMemo): Promise<void> {
  try {
    await writeImageManifest(image, memo);
  } catch {
    // A full or read-only disk: it is adopted another time.
  }
}

/** Takes an image as it is now for whole. */
export async function writeImageManifest(image: BaseImage, memo: VersionMemo): Promise<void> {
  const files: Record<string, FileFacts> = {};
  for (const path of pathsOf(image))
    files[basename(path)] = { sizeBytes: statSync(path).size, digest: await digestOf(path, memo) };
  const manifest: ImageManifest = { version: 1, checksum: checksumOf(files), files };
  writeFileDurably(join(dirname(image.disk), MANIFEST_FILE), `${JSON.stringify(manifest)}\n`);
}

function pathsOf({ disk }: BaseImage): readonly string[] {
  return Object.values(IMAGE_FILES).map((name) => join(dirname(disk), name));
}

async function fileDamage(path: string, facts: FileFacts | undefined, memo: VersionMemo): Promise<string | null> {
  if (facts === undefined) return 'is not in the manifest';
  const before = await stat(path, { bigint: true });
  if (Number(before.size) !== facts.sizeBytes) return `has ${before.size} bytes instead of ${facts.sizeBytes}`;
  if (memo.get(fileVersion(before)) === facts.digest) return null;
  return (await digestOf(path, memo)) === facts.digest ? null : 'does not match its checksum';
}

async function digestOf(path: string, memo: VersionMemo): Promise<string> {
  const before = await stat(path, { bigint: true });
  const digest = await blocksDigest(path);
  const version = fileVersion(before);
  if (isSettled(before) && fileVersion(await stat(path, { bigint: true })) === version) memo.set(version, digest);
  return digest;
}

/**
 * Hex sha-256 over every block of 64 KiB that is not all zeros, its number before it (u64, little endian). So a disk of 16 GiB
 * with 1 GB of files costs that 1 GB, and a copy whose holes are elsewhere has the same digest.
 */
async function blocksDigest(path: string): Promise<string> {
  const digest = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    let next = 0;
    for (const { start, end } of await dataExtents(path)) {
      for (next = Math.max(next, Math.floor(start / BLOCK_BYTES)); next * BLOCK_BYTES < end; next++)
        addBlock(digest, file, next);
    }
  } finally {
    closeSync(file);
  }
  return digest.digest('hex');
}

function addBlock(digest: ReturnType<typeof createHash>, file: number, number: number): void {
  const place = Buffer.alloc(8);
  place.writeBigUInt64LE(BigInt(number));
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const bytes = block.subarray(0, readSync(file, block, 0, BLOCK_BYTES, number * BLOCK_BYTES));
  if (!bytes.equals(ZERO_BLOCK.subarray(0, bytes.length))) digest.update(place).update(bytes);
}

function readManifest(folder: string): ImageManifest | 'missing' | 'damaged' {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8')) as Partial<ImageManifest>;
    const { version, files = {}, checksum } = manifest;
    return version === 1 && checksumOf(files) === checksum ? { version, files, checksum } : 'damaged';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'damaged';
  }
}

function checksumOf(files: ImageManifest['files']): string {
  return hash('sha256', JSON.stringify(files));
}
