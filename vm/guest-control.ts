import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import { readLines } from '../util/read-lines.ts';

const ENTROPY_BYTES = 64;
const CLOCK_LATE_MS = 200;
const CLOCK_ATTEMPTS = 5;
const ANSWER_LIMIT_MS = 60_000;
/** The helper's own limit of a request line (guest/control.c). */
const REQUEST_MAX_BYTES = 65_000;
/** No answer of our helper is nearly as long. */
const ANSWER_MAX_CHARACTERS = 4096;

/** With the window's address, in hex. */
const DONE = /^ok(?: ([0-9a-f]{1,16}))?$/;

type Verb =
  | 'ping'
  | 'booted'
  | 'freeze'
  | 'thaw'
  | 'restored'
  | 'clock'
  | 'shell'
  | 'workspace'
  | 'folder'
  | 'keep'
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
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Map<string, (answer: string) => void>();
  readonly #hello = Promise.withResolvers<undefined>();
  readonly #lost = Promise.withResolvers<never>();
  #nextId = 1;

  /** `evidence` is the console's tail, for errors; `signal` ends every wait. */
  constructor(socket: Socket, evidence: () => string, signal?: AbortSignal) {
    this.#socket = socket;
    this.#evidence = evidence;
    this.#signal = signal;
    this.#lost.promise.catch(() => undefined);
    let cause: Error | undefined;
    socket.on('error', (error) => (cause = error));
    // A turn later: the console's last words come together with this.
    socket.once('close', () => setImmediate(() => this.#lost.reject(this.#machineDied(cause))));
    readLines(socket, (line) => this.#receive(line), ANSWER_MAX_CHARACTERS);
  }

  /** Resolves when the helper has started (once in a machine's life, at boot). */
  async started(limitMs: number): Promise<void> {
    await this.#wait('the guest helper to start', limitMs, this.#signal, this.#hello.promise);
  }

  /**
   * Asks the helper to do `verb`. Resolves to the physical address of its window (guest/window.c), 0 where it has none. Throws `GUEST_PROTOCOL` with the guest's errno and words where it failed, and
   * `MACHINE_DIED` with the console's tail when the machine ends first.
   */
  async request(verb: Verb, verbArguments: readonly string[] = [], options: ControlOptions = {}): Promise<number> {
    const id = String(this.#nextId++);
    const line = `${[id, verb, ...verbArguments.map(encode)].join(' ')}\n`;
    if (line.length > REQUEST_MAX_BYTES)
      throw new LayerError(
        'GUEST_PROTOCOL',
        `A "${verb}" with ${line.length} bytes of arguments is too long for the guest`,
      );
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.set(id, resolve);
    try {
      this.#socket.write(line);
      const name = `the guest to answer "${verb}"`;
      const answer = await this.#wait(
        name,
        options.limitMs ?? ANSWER_LIMIT_MS,
        options.signal ?? this.#signal,
        promise,
      );
      const done = DONE.exec(answer);
      if (done === null) throw refusal(verb, answer);
      return Number.parseInt(done[1] ?? '0', 16);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Entropy, clock and hooks after a restore, then the traced file system goes on. Fails closed. Resolves as `request`. */
  async afterRestore(): Promise<number> {
    const entropy = randomBytes(ENTROPY_BYTES).toString('hex');
    const sentAt = performance.now();
    const window = await this.request('restored', [unixNanoseconds(), entropy]);
    if (performance.now() - sentAt > CLOCK_LATE_MS) await this.setClock();
    return window;
  }

  /**
   * Sets the guest's clock, again where the answer took so long (a busy host) that the time may have been old when it
   * arrived. The guest's clock stands still while the machine does, so this follows every stop.
   */
  async setClock(): Promise<void> {
    for (let attempt = 0; attempt < CLOCK_ATTEMPTS; attempt++) {
      const sentAt = performance.now();
      await this.request('clock', [unixNanoseconds()]);
      if (performance.now() - sentAt <= CLOCK_LATE_MS) return;
    }
  }

  async #wait<T>(name: string, limitMs: number, signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
    const wait = { name, limitMs, signal, evidence: this.#evidence };
    return namedWait(wait, Promise.race([promise, this.#lost.promise]));
  }

  #receive(line: string): void {
    if (line.startsWith('hello ')) this.#hello.resolve(undefined);
    const space = line.indexOf(' ');
    this.#waiting.get(line.slice(0, space))?.(line.slice(space + 1));
  }

  #machineDied(cause: Error | undefined): LayerError {
    const message = `The machine ended, or cut us off\n${this.#evidence()}`.trimEnd();
    return new LayerError('MACHINE_DIED', message, cause === undefined ? {} : { cause });
  }
}

function unixNanoseconds(): string {
  return String(BigInt(Date.now()) * 1_000_000n);
}

function refusal(verb: Verb, answer: string): LayerError {
  const words = answer
    .replace(/^error \d+ /, '')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 300);
  return new LayerError('GUEST_PROTOCOL', `The guest could not do "${verb}": ${words}`);
}

/** Arguments may hold any byte but NUL; what would end the argument or the line is percent-encoded. */
function encode(text: string): string {
  if (text === '' || text.includes('\0')) throw new Error('Internal error: an argument the guest cannot take');
  return [...Buffer.from(text, 'utf8')]
    .map((byte) =>
      byte <= 0x20 || byte === 0x25 || byte >= 0x7f
        ? `%${byte.toString(16).padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('');
}
