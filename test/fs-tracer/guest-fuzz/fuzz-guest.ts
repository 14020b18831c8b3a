import { setImmediate as nextTurn } from 'node:timers/promises';

import { createMemoryDigestMemo, createTracer, openDirectoryWorkspace, type Tracer } from '../../../fs-tracer/index.ts';
import { ROOT_PATH } from '../../../fs-tracer/workspace-path.ts';
import { parseEntry } from '../../helpers/fuse-client.ts';
import { HostileClient } from './hostile-client.ts';
import { HostileMessages, type KnownNode } from './hostile-messages.ts';
import { HostileWorld } from './hostile-world.ts';
import { Random } from './random.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Whole messages to send, at least. */
  readonly messages: number;
  /** Called about every 10,000 messages. */
  readonly onProgress?: (figures: FuzzFigures) => void;
  /** Whether the host sends ahead, as it does where a helper is that takes it; true by default. */
  readonly sendsAhead?: boolean;
}

export interface FuzzFigures {
  readonly messages: number;
  readonly replies: number;
  readonly connections: number;
  /** Requests served, by operation. */
  readonly served: Readonly<Record<string, number>>;
  /** Distinct names that were asked for in vain: the log has to keep them. */
  readonly paths: number;
  /** After a collection, where the process lets us start one. */
  readonly heapBytes: number;
  readonly maxHeldBytes: number;
  readonly trouble: string | null;
}

/** What a guest that does not read may make us hold: the reply under way and what its stream takes before it says stop. */
const HELD_LIMIT_BYTES = 4 << 20;
/** Of a million messages; a leak of each would be more. */
const HEAP_LIMIT_BYTES = 256 << 20;
const KNOWN_NODES = 600;
const PROGRESS_MESSAGES = 10_000;

/**
 * Plays a hostile guest against a tracer of a real folder, over real sockets. Throws at the first wrong reply, missing
 * reply, leaked byte, or connection that ends without a reason.
 */
export async function fuzzGuest(options: FuzzOptions): Promise<FuzzFigures> {
  await using world = new HostileWorld();
  const workspace = openDirectoryWorkspace({ root: world.workspace, digestMemo: createMemoryDigestMemo() });
  await using tracer = createTracer({
    workspace,
    runStartedAtMs: 0,
    inherited: [],
    sendsAhead: options.sendsAhead ?? true,
  });
  tracer.addView([{ at: '', source: ROOT_PATH }]);
  tracer.addView([{ at: 'deep/er', source: ROOT_PATH }]);
  const fuzz = new GuestFuzz(options, world, tracer);
  return await fuzz.run();
}

class GuestFuzz {
  readonly #options: FuzzOptions;
  readonly #world: HostileWorld;
  readonly #tracer: Tracer;
  readonly #random: Random;
  readonly #messages: HostileMessages;
  readonly #known = new Set<number>();
  readonly #swapped: KnownNode[] = [];
  #client: HostileClient | null = null;
  #sent = 0;
  #replies = 0;
  #connections = 0;
  #maxHeldBytes = 0;

  constructor(options: FuzzOptions, world: HostileWorld, tracer: Tracer) {
    this.#options = options;
    this.#world = world;
    this.#tracer = tracer;
    this.#random = new Random(options.seed);
    this.#messages = new HostileMessages(this.#random, options.sendsAhead ?? true);
  }

  async run(): Promise<FuzzFigures> {
    await this.#open();
    await this.#learnSwapped();
    this.#world.startSwapping();
    let toldAt = 0;
    while (this.#sent < this.#options.messages) {
      await this.#batch();
      // Steps end between batches, as they do in a build.
      if (this.#random.chance(50)) this.#tracer.freezeStep();
      if (this.#sent - toldAt < PROGRESS_MESSAGES) continue;
      toldAt = this.#sent;
      const figures = this.#figures();
      this.#options.onProgress?.(figures);
      if (figures.heapBytes > HEAP_LIMIT_BYTES) throw new Error(`the heap has grown to ${figures.heapBytes} bytes`);
    }
    await this.#close();
    return this.#figures();
  }

  #figures(): FuzzFigures {
    return {
      messages: this.#sent,
      replies: this.#replies + (this.#client?.replies ?? 0),
      connections: this.#connections,
      served: this.#tracer.stats(),
      paths: this.#messages.absentNames,
      heapBytes: heapBytes(),
      maxHeldBytes: this.#maxHeldBytes,
      trouble: this.#tracer.freezeStep().trouble,
    };
  }

  async #batch(): Promise<void> {
    const { honest, mutated, absent, silent, swapped } = this.#makers();
    switch (this.#random.below(24)) {
      case 0:
        return this.#breakOff(
          () => this.#messages.broken(),
          (client) => client.cutOff(),
        );
      case 1:
        return this.#breakOff(
          () => this.#messages.half(),
          (client) => client.end(),
        );
      case 2:
        return this.#unread();
      case 3:
      case 4:
        return this.#send(this.#many(300, absent));
      case 5:
        return this.#send(this.#many(1000, silent));
      case 6:
      case 7:
      case 8:
      case 9:
        return this.#send(this.#many(200, swapped));
      case 10:
      case 11:
        return this.#send(this.#many(20, this.#random.chance(2) ? honest : mutated), 1 + this.#random.below(60));
      case 12:
      case 13:
      case 14:
        return this.#send(this.#many(100, honest), 4096);
      default:
        return this.#send(this.#many(300, mutated), 1000 + this.#random.below(70_000));
    }
  }

  #makers(): Readonly<Record<'honest' | 'mutated' | 'absent' | 'silent' | 'swapped', () => Buffer>> {
    const messages = this.#messages;
    return {
      honest: () => messages.honest(),
      mutated: () => messages.mutated(),
      absent: () => messages.absent(),
      silent: () => messages.silent(),
      swapped: () => messages.swapped(this.#swapped),
    };
  }

  #many(most: number, make: () => Buffer): Buffer[] {
    return Array.from({ length: 1 + this.#random.below(most) }, make);
  }

  /** Sends, waits for all replies, and then an honest question is answered. */
  async #send(messages: readonly Buffer[], cutBytes = 1 << 20): Promise<void> {
    const client = this.#connected();
    const question = this.#messages.make(1, 1, Buffer.from('0\0'));
    await client.send([...messages, question], cutBytes);
    this.#sent += messages.length + 1;
    await client.settled();
  }

  /** Asks for much and reads nothing for a while. */
  async #unread(): Promise<void> {
    const client = this.#connected();
    client.stopReading();
    const messages = this.#many(120, () => this.#messages.big());
    await client.send(messages, 1 << 20);
    this.#sent += messages.length;
    for (let turns = 50; turns > 0; turns--) {
      await nextTurn();
      this.#maxHeldBytes = Math.max(this.#maxHeldBytes, client.heldBytes);
    }
    if (this.#maxHeldBytes > HELD_LIMIT_BYTES)
      throw new Error(`${this.#maxHeldBytes} bytes held for one who reads nothing`);
    client.goOnReading();
    await client.settled();
  }

  /** Ends the connection in the middle of something; the next one works. */
  async #breakOff(last: () => Buffer, end: (client: HostileClient) => Promise<void>): Promise<void> {
    const client = this.#connected();
    await this.#send(this.#many(10, () => this.#messages.mutated()));
    client.sendBytes(last());
    this.#sent++;
    if (this.#random.chance(2)) await nextTurn();
    await end(client);
    this.#replies += client.replies;
    await this.#open();
  }

  #connected(): HostileClient {
    if (this.#client === null) throw new Error('not connected');
    return this.#client;
  }

  async #open(): Promise<void> {
    this.#client = await HostileClient.open(
      this.#tracer,
      `${this.#world.socket}-${this.#connections}`,
      (id, type, name) => this.#learn(id, type, name),
    );
    this.#connections++;
  }

  async #close(): Promise<void> {
    await this.#connected().end();
  }

  /** A guest knows the swapped folder from before it was swapped, and asks on. */
  async #learnSwapped(): Promise<void> {
    const view = await this.#find(1, '0');
    const swap = await this.#find(view.id, 'swap');
    const sub = await this.#find(swap.id, 'sub');
    const files = [
      await this.#find(swap.id, 'secret'),
      await this.#find(swap.id, 'link'),
      await this.#find(sub.id, 'secret'),
    ];
    this.#swapped.push(swap, swap, sub, ...files);
  }

  async #find(id: number, name: string): Promise<KnownNode> {
    const message = this.#messages.make(1, id, Buffer.from(`${name}\0`));
    const { nodeId, attributes } = parseEntry(await this.#connected().ask(message));
    return { id: nodeId, type: attributes.mode >>> 12 };
  }

  /** Bounded, and without what the swapping thread decides: so the messages depend on the seed alone. */
  #learn(id: number, type: number, name: string | null): void {
    if (this.#known.has(id) || this.#known.size >= KNOWN_NODES || name === 'swap' || name === 'real') return;
    this.#known.add(id);
    this.#messages.nodes.push({ id, type });
  }
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
