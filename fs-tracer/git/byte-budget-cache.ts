interface Kept<Value> {
  readonly value: Value;
  readonly sizeBytes: number;
}

/** Keeps what was used last, up to a sum of bytes; what is larger than the whole budget is not kept. */
export class ByteBudgetCache<Key, Value> {
  readonly #budgetBytes: number;
  readonly #drop: (value: Value) => void;
  /** Least recently used first. */
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
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept.value;
  }

  has(key: Key): boolean {
    return this.#kept.has(key);
  }

  set(key: Key, value: Value, sizeBytes: number): void {
    this.#remove(key);
    this.#kept.set(key, { value, sizeBytes });
    this.#sizeBytes += sizeBytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#sizeBytes <= this.#budgetBytes) break;
      this.#remove(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#remove(key);
  }

  #remove(key: Key): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#sizeBytes -= kept.sizeBytes;
    this.#drop(kept.value);
  }
}
