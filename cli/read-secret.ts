import { on } from 'node:events';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import type { OutputStream } from './output-stream.ts';
import { Interrupted } from './signals.ts';

/** What a value is read from: `process.stdin`, or a test's. */
export interface InputStream extends Readable {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
}

/**
 * A value for the secret `name`: all of `stdin` but for one line feed at its end, or on a terminal a line that is typed and
 * not shown. Rejects when `signal` is aborted.
 */
export async function readSecret(
  name: string,
  stdin: InputStream,
  stderr: OutputStream,
  signal: AbortSignal,
): Promise<Buffer> {
  if (stdin.isTTY !== true) return withoutLineFeed(await readAll(stdin, signal));
  stderr.write(`Value of ${name} (not shown): `);
  stdin.setRawMode?.(true);
  try {
    return Buffer.from(await readTyped(stdin, signal));
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write('\n');
  }
}

async function readAll(stdin: InputStream, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const [chunk] of on(stdin, 'data', { signal, close: ['end'] })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function withoutLineFeed(bytes: Buffer): Buffer {
  return bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
}

/** In raw mode a terminal edits nothing, and Ctrl-C is a character like others. */
async function readTyped(stdin: InputStream, signal: AbortSignal): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let typed = '';
  for await (const [chunk] of on(stdin, 'data', { signal, close: ['end'] })) {
    const keys = decoder.write(chunk as Buffer).replaceAll(CURSOR_KEYS, '');
    for (const key of keys) {
      if (END_KEYS.has(key)) return typed;
      if (key === INTERRUPT_KEY) throw new Interrupted('SIGINT');
      typed = afterKey(typed, key);
    }
  }
  return typed;
}

const CURSOR_KEYS = /\u001b[[O][0-9;]*[A-Za-z~]/g;
/** Enter, and Ctrl-D. */
const END_KEYS = new Set(['\r', '\n', '\u0004']);
const INTERRUPT_KEY = '\u0003';
const ERASE_KEYS = new Set(['\u0008', '\u007f']);
/** Ctrl-U. */
const ERASE_ALL_KEY = '\u0015';

function afterKey(typed: string, key: string): string {
  if (ERASE_KEYS.has(key)) return Array.from(typed).slice(0, -1).join('');
  if (key === ERASE_ALL_KEY) return '';
  return key < ' ' && key !== '\t' ? typed : typed + key;
}
