/**
 * What the host spends on one request of the traced file system.
 *
 *     npm run bench:codec -- [--files 8000] [--runs 5]
 *
 * A folder of small files on the real disk is asked what a guest's kernel asks for `find` (LOOKUP, READDIRPLUS) and `tar`
 * (GETATTR and READ of each file), one message at a time, through a tracer whose stream is in this process: no guest, no
 * socket. Told are medians, in microseconds of CPU and allocated bytes a message, first with digests that are to be made, kept in
 * SQLite as a run keeps them, then with all of them known. Ends with 1 where the goal is missed.
 */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import {
  createMemoryDigestMemo,
  createTracer,
  type DigestMemo,
  openDirectoryWorkspace,
  openSqliteDigestMemo,
  type SqliteDigestMemo,
  type WorkspacePath,
} from '../../fs-tracer/index.ts';
import { encodeRequest, parseDirectory, parseEntry, readBody } from '../../test/helpers/fuse-client.ts';
import { median } from '../median.ts';
import { AskedStream } from './asked-stream.ts';

const FILES_IN_FOLDER = 200;
/** GETATTR and READ of a small file with its digest to be made. */
const GOAL_MICROSECONDS = 40;

const { values } = parseArgs({
  options: { files: { type: 'string', default: '8000' }, runs: { type: 'string', default: '5' } },
});

interface Cost {
  readonly messages: number;
  readonly microseconds: number;
  readonly bytes: number;
}

const folder = mkdtempSync(join(tmpdir(), 'layer-bench-codec-'));
const root = join(folder, 'workspace');
makeFiles(root, Number(values.files));
// Digests of files that were written a moment ago are not kept.
await delay(2200);
const costs: Record<string, Cost[]> = {};
for (let run = 0; run < Number(values.runs); run++) {
  const memo = openSqliteDigestMemo(join(folder, `digests-${run}`));
  for (const state of ['cold', 'warm']) {
    for (const [phase, cost] of Object.entries(await ask(memo)))
      (costs[`${phase}, digests ${state}`] ??= []).push(cost);
  }
  memo[Symbol.dispose]();
}
rmSync(folder, { recursive: true });
for (const [name, measured] of Object.entries(costs)) {
  const of = (key: keyof Cost): number => median(measured.map((cost) => cost[key]));
  const figures = `${of('microseconds').toFixed(1)} us of CPU and ${of('bytes').toFixed(0)} bytes a message`;
  console.log(`${name}: ${of('messages')} messages, ${figures}`);
}
const pair = 2 * median((costs['tar, digests cold'] ?? []).map(({ microseconds }) => microseconds));
console.log(`GETATTR and READ of a small file, digest to be made: ${pair.toFixed(1)} us (goal ${GOAL_MICROSECONDS})`);
process.exitCode = pair <= GOAL_MICROSECONDS ? 0 : 1;

/** One guest: it learns what there is, and then a second one asks the same, which is measured. */
async function ask(digestMemo: SqliteDigestMemo): Promise<Readonly<Record<'find' | 'tar', Cost>>> {
  const { find, files } = findAll(await newStream(createMemoryDigestMemo()));
  const tar = files.flatMap((id) => [encodeRequest(3, id, Buffer.alloc(16)), encodeRequest(15, id, readBody(0, 4096))]);
  const stream = await newStream(digestMemo);
  return { find: measure(stream, find), tar: measure(stream, tar) };
}

async function newStream(digestMemo: DigestMemo): Promise<AskedStream> {
  const workspace = openDirectoryWorkspace({ root, digestMemo });
  const tracer = createTracer({ workspace, runStartedAtMs: Date.now(), inherited: [] });
  tracer.addView([{ at: '', source: '' as WorkspacePath }]);
  const stream = new AskedStream();
  tracer.attach(stream);
  // It flows from the next turn on.
  await nextTurn();
  return stream;
}

/** Walks all folders as `find` makes the kernel do. */
function findAll(stream: AskedStream): { readonly find: readonly Buffer[]; readonly files: readonly number[] } {
  const find: Buffer[] = [];
  const ask = (request: Buffer): Buffer => {
    find.push(request);
    return stream.ask(request).subarray(16);
  };
  const files: number[] = [];
  const folders = [parseEntry(ask(encodeRequest(1, 1, Buffer.from('0\0')))).nodeId];
  for (let id = folders.pop(); id !== undefined; id = folders.pop()) {
    for (let offset = 0, page = ask(encodeRequest(44, id, readBody(0, 4096))); page.length > 0; ) {
      for (const { entry, type, next } of parseDirectory(page, true)) {
        offset = next;
        if (entry !== null && entry.nodeId !== 0) (type === 4 ? folders : files).push(entry.nodeId);
      }
      page = ask(encodeRequest(44, id, readBody(offset, 4096)));
    }
  }
  return { find, files };
}

function measure(stream: AskedStream, requests: readonly Buffer[]): Cost {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const cpu = process.cpuUsage();
  for (const request of requests) stream.ask(request);
  const { user, system } = process.cpuUsage(cpu);
  const after = process.memoryUsage();
  const bytes = after.heapUsed - before.heapUsed + after.external - before.external;
  const messages = requests.length;
  return { messages, microseconds: (user + system) / messages, bytes: bytes / messages };
}

function makeFiles(into: string, count: number): void {
  const past = new Date(Date.now() - 3_600_000);
  for (let number = 0; number < count; number++) {
    const inside = join(into, `package-${Math.floor(number / FILES_IN_FOLDER)}`, 'src');
    mkdirSync(inside, { recursive: true });
    const file = join(inside, `module-${number}.js`);
    writeFileSync(file, `export const number = ${number};\n`.repeat(1 + (number % 40)));
    utimesSync(file, past, past);
  }
}
