/** What was measured for one question: numbers by series and place on the x axis. */
export class Samples {
  readonly #values = new Map<string, Map<number, number[]>>();

  add(series: string, x: number, value: number): void {
    const places = this.#values.get(series) ?? new Map<number, number[]>();
    this.#values.set(series, places.set(x, [...(places.get(x) ?? []), value]));
  }

  get series(): readonly string[] {
    return [...this.#values.keys()];
  }

  get places(): readonly number[] {
    const all = [...this.#values.values()].flatMap((places) => [...places.keys()]);
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** Undefined where nothing was measured. */
  median(series: string, x: number): number | undefined {
    const sorted = [...(this.#values.get(series)?.get(x) ?? [])].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
    return low === undefined || high === undefined ? undefined : (low + high) / 2;
  }

  /** Medians along the x axis. */
  line(series: string): readonly (readonly [x: number, value: number])[] {
    return this.places.flatMap((x) => {
      const value = this.median(series, x);
      return value === undefined ? [] : [[x, value] as const];
    });
  }

  /** The largest median over the smallest: 1 is flat. */
  spread(series: string): number {
    const medians = this.line(series).map(([, value]) => value);
    return Math.max(...medians) / Math.min(...medians);
  }
}
