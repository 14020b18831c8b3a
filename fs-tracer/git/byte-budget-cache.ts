interface Kept<Value> {
  readonly value: Value;
  readonly sizeBytes: number;
  wasUsed: boolean;
}

/**
 * Keeps what was used lately, up to a sum of bytes; what is larger than the whole budget is not kept. Chosen by second chance:
 * the oldest goes, unless it was used since it was looked at last. (Moving what is used to the end, as LRU does, took a fifth of
 * the time of reading a pack.)
 */
export class ByteBudgetCache<Key, Value> {
  readonly #budgetBytes: number;
  readonly #drop: (value: Value) => void;
  /** The oldest first. */
  readonly #kept = new Map<Key, Kept<Value>>();
  #sizeBytes = 0;

  /** `drop` is told of every value that leaves. */
  constructor(budgetBytes: number, drop: (value: Value) => void = () => undefined) {
    this.#budgetBytes = budgetBytes;
    this.#drop = drop;
  }

  get(key: Key): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    kept.wasUsed = true;
    return kept.value;
  }

  has(key: Key): boolean {
    return this.#kept.has(key);
  }

  set(key: Key, value: Value, sizeBytes: number): void {
    this.#remove(key);
    this.#kept.set(key, { value, sizeBytes, wasUsed: false });
    this.#sizeBytes += sizeBytes;
    while (this.#sizeBytes > this.#budgetBytes) this.#makeRoom();
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#remove(key);
  }

  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (!kept.wasUsed) {
        this.#remove(key);
        return;
      }
      kept.wasUsed = false;
      // To the end, where this loop comes by once more: by then it was not used, so it ends.
      this.#kept.delete(key);
      this.#kept.set(key, kept);
    }
  }

  #remove(key: Key): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#sizeBytes -= kept.sizeBytes;
    this.#drop(kept.value);
  }
}
