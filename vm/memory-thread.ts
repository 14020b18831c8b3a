import type { Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';

import { LayerError } from '../util/layer-error.ts';
import { namedWait } from '../util/named-wait.ts';
import type { PrivateMemoryState } from './machine-state.ts';
import type { SavedMemory } from './save-memory.ts';

/** What a request and an answer look like is told in host/save.c. */
const HEAD_BYTES = 8;
const ANSWER_BYTES = 16;
/** EINVAL (errno-base.h): nothing was done. */
const NOT_DONE = 22;
const LIMIT_MS = 120_000;

/** Memory that is saved, and what it is compared with. */
export interface SaveRequest extends Pick<PrivateMemoryState, 'memoryBase' | 'memoryDeltas'> {
  readonly file: string;
  readonly signal?: AbortSignal | undefined;
}

/** The thread in a QEMU of ours that saves the machine's memory (host/save.c). */
export class MemoryThread implements Disposable {
  readonly #socket: Duplex;
  #answer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<undefined> | undefined;
  #isUsable = true;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#answer = Buffer.concat([this.#answer, bytes]);
      if (this.#answer.length >= ANSWER_BYTES) this.#waiting?.resolve(undefined);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#end());
  }

  /**
   * Writes what differs from the parent to a new file. The machine must stand still. Null where that cannot be done here and
   * nothing was done. Throws the error of the system, such as ENOSPC, `MACHINE_DIED`, or `WAIT_TIMED_OUT`.
   */
  async save(request: SaveRequest): Promise<SavedMemory | null> {
    if (!this.#isUsable) return null;
    // Until it has answered, nothing may be asked again.
    this.#isUsable = false;
    this.#waiting = Promise.withResolvers<undefined>();
    this.#waiting.promise.catch(() => undefined);
    this.#answer = Buffer.alloc(0);
    this.#socket.write(requestBytes(request));
    const wait = { name: "QEMU's memory to be written", limitMs: LIMIT_MS, signal: request.signal };
    await namedWait(wait, this.#waiting.promise);
    this.#isUsable = true;
    const [status = NOT_DONE, dirtyPages = 0, storedPages = 0] = [0, 4, 8].map((at) => this.#answer.readUInt32LE(at));
    if (status === NOT_DONE) return null;
    if (status !== 0) throw systemError(status, request.file);
    return { dirtyPages, storedPages };
  }

  #end(): void {
    this.#isUsable = false;
    this.#waiting?.reject(new LayerError('MACHINE_DIED', 'QEMU went away while its memory was written'));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function requestBytes({ file, memoryBase, memoryDeltas }: SaveRequest): Buffer {
  const names = Buffer.from([file, memoryBase, ...memoryDeltas].map((name) => `${name}\0`).join(''));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(HEAD_BYTES - 4 + names.length, 0);
  head.writeUInt32LE(memoryDeltas.length, 4);
  return Buffer.concat([head, names]);
}

/** As Node's own calls throw it. */
function systemError(errno: number, path: string): Error {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${code}: memory could not be written to '${path}'`), { code, errno: -errno, path });
}
