import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { MEMORY_LIBRARY } from './helper-binaries.ts';
import type { PrivateMemoryState } from './machine-state.ts';
import { openSaved, writeFully } from './memory-delta.ts';

/** The order's layout is told in host/memory.c. */
const ORDER_BYTES = 48;
const ADDRESS_AT = 24;
const COMPLETE_AT = 36;
const ANSWERED_AT = 44;
/** Of the order itself; the deltas follow, and then the socket for saves. */
const FIRST_DESCRIPTOR = 3;

/** What came of an order. */
export interface LaidMemory {
  /** Where memory begins in QEMU's process. */
  readonly address: number;
  /** Whether the deltas are in it. */
  readonly isComplete: boolean;
  /** Whether saves are answered at the socket. */
  readonly isAnswered: boolean;
}

/**
 * What the library that a restored machine's QEMU is started with (host/memory.c) is to map over the base. It is done when
 * QEMU's monitor answers. Dispose after that: QEMU has descriptors of its own.
 */
export class MemoryOrder implements Disposable {
  readonly #descriptors: number[] = [];

  /** `folder` is for a file that has gone when this returns. Throws `SNAPSHOT_DAMAGED` where a file is missing. */
  constructor(folder: string, { memoryBase, memoryDeltas }: Pick<PrivateMemoryState, 'memoryBase' | 'memoryDeltas'>) {
    using cleanup = new DisposableStack();
    cleanup.use(this);
    const path = join(folder, 'memory-order');
    this.#descriptors.push(openSync(path, 'wx+', 0o600));
    rmSync(path);
    for (const delta of memoryDeltas) this.#descriptors.push(openSaved(delta));
    const { dev, ino, size } = statSync(memoryBase, { bigint: true });
    const order = Buffer.alloc(ORDER_BYTES);
    [dev, ino, size].forEach((number, index) => order.writeBigUInt64LE(number, index * 8));
    order.writeUInt32LE(memoryDeltas.length, 32);
    order.writeUInt32LE(this.requests, 40);
    writeFully(this.#descriptors[0] ?? -1, order, 0);
    cleanup.move();
  }

  /** What QEMU inherits, from descriptor 3 on: the last is a socket to be made. */
  get descriptors(): readonly (number | 'pipe')[] {
    return [...this.#descriptors, 'pipe'];
  }

  /** Where that socket is among QEMU's descriptors. */
  get requests(): number {
    return FIRST_DESCRIPTOR + this.#descriptors.length;
  }

  /** What QEMU's environment has besides ours. */
  get environment(): Readonly<Record<string, string>> {
    const others = process.env['LD_PRELOAD'];
    return { LD_PRELOAD: others === undefined ? MEMORY_LIBRARY : `${MEMORY_LIBRARY}:${others}` };
  }

  /** To be asked when QEMU's monitor has answered. Null where the library is not in there, or does not know how QEMU maps memory. */
  laid(): LaidMemory | null {
    const order = Buffer.alloc(ORDER_BYTES);
    readSync(this.#descriptors[0] ?? -1, order, 0, order.length, 0);
    const address = Number(order.readBigUInt64LE(ADDRESS_AT));
    if (address === 0) return null;
    const [isComplete, isAnswered] = [COMPLETE_AT, ANSWERED_AT].map((at) => order.readUInt32LE(at) === 1);
    return { address, isComplete: isComplete === true, isAnswered: isAnswered === true };
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
  }
}
