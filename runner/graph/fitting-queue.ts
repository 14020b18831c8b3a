import type { Queue, QueueAddOptions } from 'p-queue';

export interface SlotOptions extends QueueAddOptions {
  readonly memoryMib?: number;
  /** In place of `priority`: the greatest first, by the first number that differs. */
  readonly rank?: readonly number[];
}

type Run = () => Promise<unknown>;

interface Waiting {
  readonly run: Run;
  readonly id: string | undefined;
  readonly memoryMib: number;
  rank: readonly number[];
  /** How many others that came after it were taken before it. */
  overtaken: number;
}

/** As often may a machine be overtaken by those that fit: with more and more of them, its time would never come. */
const MOST_OVERTAKEN = 16;

/**
 * The queue class of `p-queue` for machines: only those that fit into the memory left are there to be taken (`size` counts no
 * others), the highest priority first, then the longest waiting. One that fits goes ahead of a larger one that does not, so
 * that the memory is used, but not for ever.
 */
export class FittingQueue implements Queue<Run, SlotOptions> {
  /** What is taken out counts as used; whoever took it says when it is no longer. */
  readonly memory: { readonly totalMib: number; usedMib: number };
  readonly #waiting: Waiting[] = [];

  constructor(memory: { readonly totalMib: number; usedMib: number }) {
    this.memory = memory;
  }

  get size(): number {
    return this.#takeable().length;
  }

  enqueue(run: Run, { priority = 0, rank = [priority], id, memoryMib = 0 }: Partial<SlotOptions> = {}): void {
    this.#waiting.push({ run, id, memoryMib, rank, overtaken: 0 });
    this.#sort();
  }

  dequeue(): Run | undefined {
    const [taken] = this.#takeable();
    if (taken === undefined) return undefined;
    const index = this.#waiting.indexOf(taken);
    for (const passed of this.#waiting.slice(0, index)) passed.overtaken++;
    this.#waiting.splice(index, 1);
    this.memory.usedMib += taken.memoryMib;
    return taken.run;
  }

  filter({ priority }: Readonly<Partial<SlotOptions>>): Run[] {
    return this.#waiting.filter(({ rank }) => rank[0] === priority).map(({ run }) => run);
  }

  setPriority(id: string, priority: number): void {
    for (const each of this.#waiting) if (each.id === id) each.rank = [priority];
    this.#sort();
  }

  remove(idOrRun: string | Run): void {
    const index = this.#waiting.findIndex(({ id, run }) => id === idOrRun || run === idOrRun);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Up to the first that was overtaken often enough: nothing goes ahead of that any more. */
  #takeable(): readonly Waiting[] {
    const patient = this.#waiting.findIndex(({ overtaken }) => overtaken >= MOST_OVERTAKEN);
    const open = patient < 0 ? this.#waiting : this.#waiting.slice(0, patient + 1);
    return open.filter((each) => this.#fits(each));
  }

  /** A machine that is larger than all memory runs alone. */
  #fits({ memoryMib }: Waiting): boolean {
    return this.memory.usedMib === 0 || this.memory.usedMib + memoryMib <= this.memory.totalMib;
  }

  /** Stable: of one priority, those that came first stay first. */
  #sort(): void {
    this.#waiting.sort((one, other) => compareRanks(other.rank, one.rank));
  }
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  const differing = one.findIndex((number, index) => number !== (other[index] ?? 0));
  return differing < 0 ? 0 : (one[differing] ?? 0) - (other[differing] ?? 0);
}
