import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Tracer } from '../../../fs-tracer/index.ts';
import { parseDirectory, parseEntry } from '../../helpers/fuse-client.ts';
import { SILENT_OPCODES } from './hostile-messages.ts';
import { AHEAD, MAX_MESSAGE_BYTES } from '../../../fs-tracer/fuse-protocol.ts';
import { CANARY } from './hostile-world.ts';

/** A reply's, or of what is sent ahead. */
const REPLY_MAX_BYTES = MAX_MESSAGE_BYTES;
const ERRNO_MAX = 200;
const ANSWER_LIMIT_MS = 60_000;

export type Learn = (id: number, type: number, name: string | null) => void;

/** The guest's end of one connection: counts what is owed, checks every reply, looks for the canary in every byte. */
export class HostileClient {
  readonly #ours: Socket;
  readonly #theirs: Socket;
  readonly #learn: Learn;
  /** Replies that are due: by unique, the opcodes asked with it. */
  readonly #due = new Map<bigint, number[]>();
  #dueCount = 0;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #problem: Error | null = null;
  #wake: (() => void) | null = null;
  #last: Buffer = Buffer.alloc(0);
  replies = 0;

  private constructor(ours: Socket, theirs: Socket, learn: Learn) {
    this.#ours = ours;
    this.#theirs = theirs;
    this.#learn = learn;
    ours.on('data', (chunk: Buffer) => this.#onData(chunk));
    for (const event of ['close', 'error'] as const) ours.on(event, () => this.#wake?.());
  }

  /** Connects over a real socket, accepted paused as a machine's ports are. */
  static async open(tracer: Tracer, path: string, learn: Learn): Promise<HostileClient> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(path);
    await once(server, 'listening');
    const ours = connect(path);
    const [theirs] = (await once(server, 'connection')) as [Socket];
    server.close();
    tracer.attach(theirs);
    return new HostileClient(ours, theirs, learn);
  }

  /** Sends whole messages, the stream cut into pieces of `cutBytes`. */
  async send(messages: readonly Buffer[], cutBytes: number): Promise<void> {
    for (const message of messages) this.#owe(message);
    const bytes = Buffer.concat(messages);
    for (let offset = 0; offset < bytes.length && !this.#ours.destroyed; offset += cutBytes) {
      this.#ours.write(bytes.subarray(offset, offset + cutBytes));
      // Only then does the other side get pieces, and not the whole.
      if (cutBytes < 100) await nextTurn();
    }
  }

  /** One question on a quiet connection, and the body of its answer. */
  async ask(message: Buffer): Promise<Buffer> {
    await this.send([message], message.length);
    await this.settled();
    return this.#last.subarray(16);
  }

  sendBytes(bytes: Buffer): void {
    this.#ours.write(bytes);
  }

  stopReading(): void {
    this.#ours.pause();
  }

  goOnReading(): void {
    this.#ours.resume();
  }

  /** Bytes that the server holds for us. */
  get heldBytes(): number {
    return this.#theirs.writableLength;
  }

  /** Waits until every reply that is due has come. */
  async settled(): Promise<void> {
    await this.#until(
      () => this.#dueCount === 0,
      () => `${this.#dueCount} replies did not come: ${this.#missing()}`,
    );
  }

  /** Waits until the server has given the connection up. */
  async cutOff(): Promise<void> {
    await this.#until(
      () => this.#ours.destroyed || this.#ours.readableEnded,
      () => 'the connection was not cut off',
    );
    await this.end();
  }

  async end(): Promise<void> {
    this.#ours.destroy();
    if (!this.#theirs.closed) await once(this.#theirs, 'close');
    if (this.#problem !== null) throw this.#problem;
  }

  #missing(): string {
    return [...this.#due]
      .slice(0, 5)
      .map(([unique, opcodes]) => `${unique} (opcode ${opcodes.join()})`)
      .join(', ');
  }

  async #until(isDone: () => boolean, complaint: () => string): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`within ${ANSWER_LIMIT_MS} ms ${complaint()}`)), ANSWER_LIMIT_MS);
    try {
      while (!isDone() && this.#problem === null) {
        if (this.#ours.destroyed) throw new Error(`the connection was cut off: ${complaint()}`);
        const { promise, resolve } = Promise.withResolvers<undefined>();
        this.#wake = () => resolve(undefined);
        await Promise.race([promise, late]);
      }
    } finally {
      clearTimeout(timer);
    }
    if (this.#problem !== null) throw this.#problem;
  }

  #owe(message: Buffer): void {
    const opcode = message.readUInt32LE(4);
    if (SILENT_OPCODES.has(opcode)) return;
    const unique = message.readBigUInt64LE(8);
    const owed = this.#due.get(unique);
    if (owed === undefined) this.#due.set(unique, [opcode]);
    else owed.push(opcode);
    this.#dueCount++;
  }

  #onData(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    try {
      for (let reply = this.#next(); reply !== null; reply = this.#next()) this.#check(reply);
    } catch (error) {
      this.#problem ??= error as Error;
    }
    this.#wake?.();
  }

  #next(): Buffer | null {
    if (this.#receivedBytes < 4) return null;
    if ((this.#received[0]?.length ?? 0) < 4) this.#received = [Buffer.concat(this.#received)];
    const length = this.#received[0]?.readUInt32LE(0) ?? 0;
    if (length < 16 || length > REPLY_MAX_BYTES) throw new Error(`a reply of ${length} bytes`);
    if (this.#receivedBytes < length) return null;
    const bytes = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = bytes.length === length ? [] : [bytes.subarray(length)];
    this.#receivedBytes -= length;
    return bytes.subarray(0, length);
  }

  #check(reply: Buffer): void {
    const unique = reply.readBigUInt64LE(8);
    const error = reply.readInt32LE(4);
    if (unique === 0n && error === AHEAD) {
      if (reply.includes(CANARY)) throw new Error('a byte from outside the workspace in what was sent ahead');
      return;
    }
    const opcodes = this.#due.get(unique);
    const opcode = opcodes?.shift();
    if (opcodes === undefined || opcode === undefined) throw new Error(`a reply to ${unique}, which is not due`);
    if (opcodes.length === 0) this.#due.delete(unique);
    this.#dueCount--;
    this.replies++;
    this.#last = reply;
    if (error > 0 || error < -ERRNO_MAX) throw new Error(`errno ${error}`);
    if (error !== 0 && reply.length !== 16) throw new Error('an error with a body');
    if (reply.includes(CANARY)) throw new Error(`a byte from outside the workspace in the reply to opcode ${opcode}`);
    if (error === 0) this.#learnFrom(opcode, reply.subarray(16), opcodes.length > 0);
  }

  /** Where several requests had one unique it is not known which was answered. */
  #learnFrom(opcode: number, body: Buffer, ambiguous: boolean): void {
    if (ambiguous) return;
    if (opcode === 1 && body.length === 128) {
      const entry = parseEntry(body);
      if (entry.nodeId !== 0) this.#learn(entry.nodeId, entry.attributes.mode >>> 12, null);
    }
    if (opcode !== 44) return;
    for (const { name, entry } of parseDirectory(body, true)) {
      if (entry !== null && entry.nodeId !== 0) this.#learn(entry.nodeId, entry.attributes.mode >>> 12, name);
    }
  }
}
