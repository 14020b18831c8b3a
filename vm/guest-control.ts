import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { readLines } from '../util/read-lines.ts';

const ENTROPY_BYTES = 64;
const ANSWER_LIMIT_MS = 60_000;

type Verb =
  | 'ping'
  | 'booted'
  | 'freeze'
  | 'thaw'
  | 'restored'
  | 'shell'
  | 'workspace'
  | 'folder'
  | 'overlay'
  | 'unmount';

interface ControlOptions {
  readonly limitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The host's end of the helper's control port: one request a line, one answer a line, in order (guest/control.c).
 * What comes back is a guest's word: it is parsed strictly and used for nothing but success, errno and text.
 */
export class GuestControl {
  readonly #socket: Socket;
  readonly #evidence: () => string;
  readonly #waiting = new Map<string, (answer: string) => void>();
  readonly #hello = Promise.withResolvers<undefined>();
  #nextId = 1;

  constructor(socket: Socket, evidence: () => string) {
    this.#socket = socket;
    this.#evidence = evidence;
    readLines(socket, (line) => this.#receive(line));
  }

  /** Resolves when the helper has started (once in a machine's life, at boot). */
  async started(limitMs: number, signal?: AbortSignal): Promise<void> {
    const name = 'the guest helper to start';
    await namedWait({ name, limitMs, signal, evidence: this.#evidence }, this.#hello.promise);
  }

  /** Asks the helper to do `verb`. Throws `GUEST_PROTOCOL` with the guest's errno and words where it failed. */
  async request(verb: Verb, verbArguments: readonly string[] = [], options: ControlOptions = {}): Promise<void> {
    const id = String(this.#nextId++);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(id, resolve);
    this.#socket.write(`${[id, verb, ...verbArguments.map(encode)].join(' ')}\n`);
    const limitMs = options.limitMs ?? ANSWER_LIMIT_MS;
    const wait = { name: `the guest to answer "${verb}"`, limitMs, signal: options.signal, evidence: this.#evidence };
    const answer = await namedWait(wait, promise);
    if (answer === 'ok') return;
    throw new LayerError('GUEST_PROTOCOL', `The guest could not do "${verb}": ${answer.replace(/^error \d+ /, '')}`);
  }

  /** Entropy, clock and hooks after a restore, then the traced file system goes on. Fails closed. */
  async afterRestore(signal?: AbortSignal): Promise<void> {
    const entropy = randomBytes(ENTROPY_BYTES).toString('hex');
    await this.request('restored', [String(BigInt(Date.now()) * 1_000_000n), entropy], { signal });
  }

  #receive(line: string): void {
    if (line.startsWith('hello ')) this.#hello.resolve(undefined);
    const space = line.indexOf(' ');
    const id = line.slice(0, space);
    this.#waiting.get(id)?.(line.slice(space + 1));
    this.#waiting.delete(id);
  }
}

/** Arguments may hold any byte but NUL; what would end the argument or the line is percent-encoded. */
function encode(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte <= 0x20 || byte === 0x25 || byte >= 0x7f ? `%${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)))
    .join('');
}
