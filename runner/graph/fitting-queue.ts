import type { Queue, QueueAddOptions } from 'p-queue';

export interface SlotOptions extends QueueAddOptions {
  readonly memoryMib?: number;
}

type Run = () => Promise<unknown>;

interface Waiting {
  readonly run: Run;
  readonly id: string | undefined;
  readonly memoryMib: number;
  priority: number;
}

/**
 * The queue class of `p-queue` for machines: only those that fit into the memory left are there to be taken (`size` counts no
 * others), the highest priority first, then the longest waiting. One that fits goes ahead of a larger one that does not, so
 * that the memory is used; as there are only so many, the larger one's time comes.
 */
export class FittingQueue implements Queue<Run, SlotOptions> {
  /** What is taken out counts as used; whoever took it says when it is no longer. */
  readonly memory: { readonly totalMib: number; usedMib: number };
  readonly #waiting: Waiting[] = [];

  constructor(memory: { readonly totalMib: number; usedMib: number }) {
    this.memory = memory;
  }

  get size(): number {
    return this.#waiting.filter((each) => this.#fits(each)).length;
  }

  enqueue(run: Run, { priority = 0, id, memoryMib = 0 }: Partial<SlotOptions> = {}): void {
    this.#waiting.push({ run, id, memoryMib, priority });
    this.#sort();
  }

  dequeue(): Run | undefined {
    const index = this.#waiting.findIndex((each) => this.#fits(each));
    const [taken] = index < 0 ? [] : this.#waiting.splice(index, 1);
    this.memory.usedMib += taken?.memoryMib ?? 0;
    return taken?.run;
  }

  filter({ priority }: Readonly<Partial<SlotOptions>>): Run[] {
    return this.#waiting.filter((each) => each.priority === priority).map(({ run }) => run);
  }

  setPriority(id: string, priority: number): void {
    for (const each of this.#waiting) if (each.id === id) each.priority = priority;
    this.#sort();
  }

  remove(idOrRun: string | Run): void {
    const index = this.#waiting.findIndex(({ id, run }) => id === idOrRun || run === idOrRun);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** A machine that is larger than all memory runs alone. */
  #fits({ memoryMib }: Waiting): boolean {
    return this.memory.usedMib === 0 || this.memory.usedMib + memoryMib <= this.memory.totalMib;
  }

  /** Stable: of one priority, those that came first stay first. */
  #sort(): void {
    this.#waiting.sort((one, other) => other.priority - one.priority);
  }
}
